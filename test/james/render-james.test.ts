import { createPrivateKey, createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { healthTest } from "../../constructs/engine/health-test";
import { jamesHealthCheck } from "../../constructs/james/health-check";
import type { JamesConfig } from "../../constructs/james/james-config";
import type { JamesLimits } from "../../constructs/james/james-limits";
import { renderJames } from "../../constructs/james/render-james";
import { packageRoot } from "../../kit/package-root";
import { at, type Read, readXml } from "../kit/xml-reader";
import { secret } from "../template";
import { certificate, durable, memory, minimal, oidc, otherProvider, partner } from "./config";

function files(config: Partial<JamesConfig> = {}) {
  return new Map(renderJames({ ...minimal, ...config }).map((file) => [file.path, file]));
}

function content(name: string, config: Partial<JamesConfig> = {}): string {
  const file = files(config).get(`/opt/james/conf/${name}`);
  if (!file) throw new Error(`no ${name}`);
  return file.content;
}

function read(name: string, config: Partial<JamesConfig> = {}): Read {
  return readXml(content(`${name}.xml`, config));
}

function text(name: string, path: string, config: Partial<JamesConfig> = {}): string | undefined {
  return at(read(name, config), path)?.text;
}

function properties(name: string, config: Partial<JamesConfig> = {}): Record<string, string> {
  const lines = content(`${name}.properties`, config).trimEnd().split("\n");
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
}

const later = { release: memory("3.10.0"), jmap: { xUserSecret: secret("x-user-secret") } };

describe("James on PostgreSQL", () => {
  it("keeps mail, bodies, scripts and what is put aside in its database, which it knows by a certificate", () => {
    expect(properties("postgres", durable)).toMatchObject({
      "database.host": "postgres.example.com",
      "database.name": "mail",
      "database.username": "mail-role",
      "database.password": "password-of-mail-role",
      "ssl.mode": "verify-full",
    });
    expect(files(durable).get("/opt/james/conf/postgres.properties")?.secret).toBe(true);
    expect(properties("jvm", durable)).toMatchObject({
      "kit.postgres.ca": "/opt/james/conf/postgres-ca.pem",
    });
    expect(content("postgres-ca.pem", durable)).toBe("an authority in PEM");
    expect(properties("blob", durable)).toMatchObject({ implementation: "postgres" });
    expect(properties("search", durable)).toEqual({ implementation: "scanning" });
    expect(text("mailrepositorystore", "defaultProtocol", durable)).toBe("postgres");
    expect(content("mailetcontainer.xml", durable)).not.toContain("memory://");
    expect(content("mailetcontainer.xml", durable)).toContain("<retries>600</retries>");
  });

  it("in clear where the database has no TLS", () => {
    const database = { ...durable.database, server: { host: "db", port: 5433 } };
    expect(properties("postgres", { ...durable, database })).toMatchObject({ "ssl.mode": "disable" });
    expect(properties("jvm", { ...durable, database })).not.toHaveProperty("kit.postgres.ca");
  });

  it("bounds what somebody keeps where that was said", () => {
    const quota = (limits: Partial<JamesLimits> = {}) => {
      const { "kit.limits.quota": bytes, "kit.limits.mail": all } = properties("jvm", { ...durable, limits });
      return [bytes, all];
    };
    expect(quota()).toEqual([undefined, undefined]);
    expect(quota({ quotaMb: 5000 })).toEqual([String(5000 * 2 ** 20), undefined]);
  });

  it("has the kit's logins on each server of IMAP, and no class that counts mail in memory", () => {
    expect(text("imapserver", "imapserver.imapPackages", durable)).toBe("kit.james.ImapLogins");
    expect(content("smtpserver.xml", durable)).toContain("kit.james.SmtpHandlers");
    expect(content("smtpserver.xml", durable)).not.toContain("kit.james.SmtpRoom");
  });
});

describe("openid.json", () => {
  const kit = { release: memory("3.8.1+kit"), jmap: later.jmap };

  it("says what James's own files cannot: issuer, audience, kind and authority of each provider", () => {
    const config = { ...kit, oidc: otherProvider, realms: [partner] };
    expect(JSON.parse(content("openid.json", config))).toEqual([
      {
        discovery: otherProvider.discoveryUrl,
        issuer: "https://auth.example.org/",
        audience: "mail",
        keycloak: false,
        domains: minimal.domains,
        ca: "openid-ca-1.pem",
      },
      {
        discovery: partner.oidc.discoveryUrl,
        issuer: "http://sso.example.com:8080/auth/realms/partner",
        audience: "james",
        keycloak: true,
        domains: [partner.domain],
      },
    ]);
    expect(content("openid-ca-1.pem", config)).toBe(otherProvider.ca);
    expect(files(kit).has("/opt/james/conf/openid.json")).toBe(false);
    expect(files({ oidc }).has("/opt/james/conf/openid.json")).toBe(false);
  });

  it("one provider of two realms names people of either", () => {
    const config = { ...kit, oidc, realms: [{ ...partner, oidc }] };
    const [first, second] = JSON.parse(content("openid.json", config));
    expect(first.domains).toEqual([...minimal.domains, partner.domain]);
    expect(second.domains).toEqual(first.domains);
  });

  it("a provider that is not asked has no introspection", () => {
    const { introspectionUrl: _, ...unasked } = otherProvider;
    expect(text("imapserver", "imapserver.auth.oidc.jwksURL", { ...kit, oidc: unasked })).toBe(
      otherProvider.jwksUrl,
    );
    expect(
      at(read("imapserver", { ...kit, oidc: unasked }), "imapserver.auth.oidc.introspection"),
    ).toBeUndefined();
  });
});

describe("files", () => {
  it("are all in conf below the home, and all XML is well-formed", () => {
    const rendered = renderJames({ ...minimal, oidc, home: "/root", remoteDelivery: "direct" });
    for (const { path, content } of rendered) {
      expect(path).toMatch(/^\/root\/conf\/[\w-]+\.(xml|properties|key|pub)$/);
      if (path.endsWith(".xml")) readXml(content);
    }
  });

  it("with a secret are marked, and no other holds one", () => {
    const config = {
      ...later,
      oidc,
      webadmin: { password: secret("webadmin-password") },
      sieve: { oidc: true },
    };
    const secrets = [
      minimal.ldap.bindPassword.reveal().slice(0, 4),
      Buffer.from("james:client%2Fsecret%2B").toString("base64"),
      "x-user-secret",
      "webadmin-password",
    ];
    const holding = [...files(config).values()].filter((file) =>
      secrets.some((value) => file.content.includes(value)),
    );
    const marked = [...files(config).values()].filter((file) => file.secret);
    expect(holding.map(({ path }) => path)).toEqual(marked.map(({ path }) => path));
    expect(marked).toHaveLength(6);
  });

  it("the kit's classes are named where the image has them, and nowhere else", () => {
    const named = (version: string) => [
      text("imapserver", "imapPackages", { release: memory(version) }),
      at(read("smtpserver", { release: memory(version) }), "smtpserver.handlerchain")?.attributes
        .coreHandlersPackage,
      files({ release: memory(version) })
        .get("/opt/james/conf/extensions.properties")
        ?.content.trim(),
    ];
    expect(named("3.8.1+kit")).toEqual([
      "kit.james.ImapLogins",
      "kit.james.SmtpHandlers",
      "guice.extension.startable=kit.james.SieveServers",
    ]);
    expect(named("3.8.1")).toEqual([undefined, undefined, undefined]);
    expect(text("imapserver", "imapPackages", later)).toBeUndefined();
    const strategies = (version: string) =>
      content("jmap.properties", { release: memory(version), jmap: { xUserSecret: secret("s") } });
    for (const name of ["kit.james.PasswordUser", "kit.james.GatewayUser"]) {
      expect(strategies("3.8.1+kit")).toContain(name);
      expect(strategies("3.9.0")).not.toContain("kit.james");
    }
  });

  it("with the kit's classes ManageSieve takes tokens, from servers that James itself does not start", () => {
    const config = { release: memory("3.8.1+kit"), oidc };
    expect(at(read("managesieveserver", config), "managesieveserver")?.attributes.enabled).toBe("false");
    const server = (path: string) => text("managesieveserver", `kit.managesieveserver.${path}`, config);
    expect([server("bind"), server("auth.oidc.jwksURL")]).toEqual(["0.0.0.0:4190", oidc.jwksUrl]);
    const off = renderJames({ ...minimal, ...config, sieve: "off" });
    expect(off.some(({ path }) => path.endsWith("extensions.properties"))).toBe(false);
  });

  it("OAUTHBEARER is not offered on IMAP by a James that does not read what clients send", () => {
    const hidden = (version: string) =>
      text("imapserver", "imapserver.disabledCaps", { ...later, release: memory(version), oidc });
    expect([hidden("3.9.0"), hidden("3.10.0")]).toEqual(["AUTH=OAUTHBEARER", undefined]);
    expect(
      text("imapserver", "imapserver.disabledCaps", { release: memory("3.8.1+kit"), oidc }),
    ).toBeUndefined();
  });

  it("LITERAL+ is not offered by a James that never answers who sends a large mail with it", () => {
    const hidden = (config: Partial<JamesConfig>) => text("imapserver", "imapserver.disabledCaps", config);
    expect(hidden({ release: memory("3.8.2"), oidc })).toBe("AUTH=OAUTHBEARER|LITERAL+");
    expect(hidden({ release: memory("3.8.2") })).toBe("LITERAL+");
    expect([hidden({ release: memory("3.8.2+kit") }), hidden({ release: memory("3.9.0") })]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it("without OIDC only the directory's password is secret", () => {
    const marked = [...files().values()].filter((file) => file.secret);
    expect(marked.map(({ path }) => path)).toEqual(["/opt/james/conf/usersrepository.xml"]);
  });
});

describe("users and domains", () => {
  it("are those of another directory as it says: class, attribute, filter", () => {
    const people = { mailAttribute: "proxyAddress", userObjectClass: "user", filter: "(memberOf=cn=mail)" };
    expect(read("usersrepository", { ldap: { ...minimal.ldap, ...people } }).attributes).toMatchObject({
      ...{ userIdAttribute: "proxyAddress", userObjectClass: "user", filter: "(memberOf=cn=mail)" },
    });
    expect(read("usersrepository").attributes).not.toHaveProperty("filter");
  });

  it("by TLS the kit's classes see whose certificate it is, by the given authority where there is one", () => {
    const ldap = { ...minimal.ldap, startTls: true };
    const kit = { release: memory("3.8.1+kit"), jmap: { xUserSecret: secret("x") } };
    const tls = (config: Partial<JamesConfig>) =>
      Object.entries(properties("jvm", config)).filter(([name]) => name.startsWith("kit.ldap"));
    expect(tls(kit)).toEqual([]);
    expect(tls({ ...kit, ldap })).toEqual([["kit.ldap.startTls", "true"]]);
    expect(tls({ ...kit, ldap: { ...ldap, ca: "PEM" } })).toEqual([
      ["kit.ldap.startTls", "true"],
      ["kit.ldap.ca", "/opt/james/conf/ldap-ca.pem"],
    ]);
    expect(content("ldap-ca.pem", { ...kit, ldap: { ...ldap, ca: "PEM" } })).toBe("PEM");
    expect(tls({ ldap })).toEqual([]);
  });

  it("of several servers all are named", () => {
    const ldap = { ...minimal.ldap, furtherUrls: ["ldap://b.example.com:389"] };
    expect(read("usersrepository", { ldap }).attributes.ldapHost).toBe(
      "ldap://ldap.example.com:389,ldap://b.example.com:389",
    );
  });

  it("users are found in LDAP by their mail address", () => {
    const repository = read("usersrepository", { ldap: { ...minimal.ldap, userObjectClass: "person" } });
    expect(repository.attributes).toMatchObject({
      ldapHost: "ldap://ldap.example.com:389",
      principal: "cn=admin,dc=example,dc=org",
      credentials: `bind<"&'>password`,
      userBase: "ou=people,dc=example,dc=org",
      userIdAttribute: "mail",
      userObjectClass: "person",
    });
    // `enableVirtualHosting`, which James's documentation has, does nothing with LDAP in 3.8.
    expect(at(repository, "supportsVirtualHosting")?.text).toBe("true");
  });

  it("the first domain is the default one, and none is guessed", () => {
    const list = read("domainlist", { domains: ["a.test", "b.test"] });
    expect(at(list, "domainnames")?.children.map((child) => child.text)).toEqual(["a.test", "b.test"]);
    expect(at(list, "defaultDomain")?.text).toBe("a.test");
    expect([at(list, "autodetect")?.text, at(list, "autodetectIP")?.text]).toEqual(["false", "false"]);
  });
});

describe("TLS", () => {
  const kit = { release: memory("3.8.1+kit"), jmap: later.jmap, oidc };
  const tls = { certificate: certificate("mail") };
  const own = { ...partner, tls: { certificate: certificate("partner") } };
  const third = { ...partner, domain: "third.example" };
  /** By file and server: port, what begins TLS, whose certificate, whether logins need TLS. */
  function listeners(config: Partial<JamesConfig>) {
    const seen = [
      ...["imapserver", "smtpserver"].map((name) => ({ name, servers: read(name, config) })),
      {
        name: "managesieveserver",
        servers: at(read("managesieveserver", config), "kit") as Read,
      },
    ];
    return seen.flatMap(({ name, servers }) =>
      servers.children
        .filter((child) => child.name === name)
        .map((server) => {
          const element = at(server, "tls");
          const [, whose] =
            /certificates\/(\w+)\/chain/.exec(at(server, "tls.certificates")?.text ?? "") ?? [];
          return [
            ...[name, at(server, "bind")?.text.split(":")[1], element?.attributes.socketTLS],
            ...[element?.attributes.startTLS, whose, at(server, "auth.requireSSL")?.text],
          ].join(" ");
        }),
    );
  }

  it("is STARTTLS where it was in clear, and from the beginning on ports of its own, of each realm with its certificate", () => {
    expect(listeners({ ...kit, tls, realms: [own, third] })).toEqual([
      ...["143 false true mail", "1143 false true partner", "2143 false true mail"].map(
        (text) => `imapserver ${text} true`,
      ),
      ...["993 true false mail", "1993 true false partner", "2993 true false mail"].map(
        (text) => `imapserver ${text} true`,
      ),
      ...["587 false true mail", "1587 false true partner", "2587 false true mail"].map(
        (text) => `smtpserver ${text} true`,
      ),
      ...["465 true false mail", "1465 true false partner", "2465 true false mail"].map(
        (text) => `smtpserver ${text} true`,
      ),
      ...["4190 false true mail", "5190 false true partner", "6190 false true mail"].map(
        (text) => `managesieveserver ${text} `,
      ),
    ]);
  });

  it("is 1.2 and 1.3 with suites that have forward secrecy and authenticated encryption", () => {
    const element = at(read("imapserver", { ...kit, tls }), "imapserver.tls") as Read;
    const texts = (path: string) => at(element, path)?.children.map((child) => child.text) ?? [];
    expect(at(element, "privateKey")?.text).toBe("file:///run/certificates/mail/key.pem");
    expect(texts("supportedProtocols")).toEqual(["TLSv1.2", "TLSv1.3"]);
    const suites = texts("supportedCipherSuites");
    expect(
      suites.filter((suite) => !/^TLS_(ECDHE_(RSA|ECDSA)_WITH_)?AES_\d+_GCM_SHA\d+$/.test(suite)),
    ).toEqual([]);
    expect(suites).toHaveLength(6);
    expect(properties("jvm", { ...kit, tls })["jdk.tls.rejectClientInitiatedRenegotiation"]).toBe("true");
  });

  it("no mail is taken before STARTTLS, unless strangers may bring it", () => {
    const handlers = (config: Partial<JamesConfig>, index: number) =>
      read("smtpserver", { ...kit, ...config })
        .children[index]?.children.find(({ name }) => name === "handlerchain")
        ?.children.map(({ attributes }) => attributes.class);
    expect(handlers({ tls }, 0)?.[0]).toBe("kit.james.SmtpTls");
    expect(handlers({ tls }, 1)).not.toContain("kit.james.SmtpTls");
    expect(handlers({}, 0)).not.toContain("kit.james.SmtpTls");
    expect(handlers({ tls, smtp: { strangers: "local" } }, 0)).not.toContain("kit.james.SmtpTls");
  });

  it("without it nothing of it is in any file", () => {
    const all = [...files({ ...kit, realms: [partner] }).values()].map((file) => file.content).join("\n");
    expect(all).not.toMatch(/<tls|jdk\.tls|:993|:465|SmtpTls|kit\.proxy/);
  });

  it("a proxy's addresses are in jvm.properties", () => {
    const proxy = { trusted: ["127.0.0.1", "192.0.2.0/24"], protocol: "proxy-v2" } as const;
    expect(properties("jvm", { ...kit, proxy })["kit.proxy.trusted"]).toBe("127.0.0.1,192.0.2.0/24");
  });
});

describe("logins", () => {
  it.each([
    ["imapserver", "imapserver", "imap"],
    ["smtpserver", "smtpserver", "smtp"],
  ] as const)("%s takes passwords in clear unless told otherwise", (file, server, listener) => {
    expect(text(file, `${server}.auth.requireSSL`)).toBe("false");
    expect(text(file, `${server}.auth.plainAuthEnabled`)).toBe("true");
    const strict = { oidc, [listener]: { cleartextLogins: false, passwords: false } };
    expect(text(file, `${server}.auth.requireSSL`, strict)).toBe("true");
    expect(text(file, `${server}.auth.plainAuthEnabled`, strict)).toBe("false");
  });

  it.each(["imapserver", "smtpserver"])(
    "%s checks bearer tokens by signature and introspection",
    (server) => {
      const auth = (name: string) => text(server, `${server}.auth.oidc.${name}`, { oidc });
      expect(auth("jwksURL")).toBe(oidc.jwksUrl);
      expect(auth("oidcConfigurationURL")).toBe(oidc.discoveryUrl);
      expect(auth("introspection.url")).toBe(oidc.introspectionUrl);
      expect([auth("claim"), auth("scope")]).toEqual(["email", "openid profile email"]);
      // RFC 6749, section 2.3.1: form-encoded before Basic.
      const [scheme, credentials = ""] = (auth("introspection.auth") ?? "").split(" ");
      expect([scheme, Buffer.from(credentials, "base64").toString()]).toEqual([
        "Basic",
        "james:client%2Fsecret%2B",
      ]);
      expect(at(read(server), `${server}.auth.oidc`)).toBeUndefined();
    },
  );

  it("the audience is written where James compares it, and is the client unless told otherwise", () => {
    const path = "imapserver.auth.oidc.aud";
    expect(text("imapserver", path, { oidc })).toBeUndefined();
    expect(text("imapserver", path, { ...later, oidc })).toBe("james");
    expect(text("imapserver", path, { ...later, oidc: { ...oidc, audience: "mail" } })).toBe("mail");
  });

  it("ManageSieve has bearer tokens where James has them, and the file says when they are left out", () => {
    expect(content("managesieveserver.xml", { oidc })).toContain("from 3.10 on, this is 3.8.1");
    expect(at(read("managesieveserver", { oidc }), "managesieveserver.auth")).toBeUndefined();
    expect(text("managesieveserver", "managesieveserver.auth.oidc.jwksURL", { ...later, oidc })).toBe(
      oidc.jwksUrl,
    );
    const off = { ...later, oidc, sieve: { oidc: false } };
    expect(at(read("managesieveserver", off), "managesieveserver.auth")).toBeUndefined();
    expect(content("managesieveserver.xml")).not.toContain("left out");
  });
});

describe("further realms", () => {
  const config = { ...later, oidc, realms: [partner] };

  it("have listeners of their own, each of which knows the one realm", () => {
    for (const [name, first] of [
      ["imapserver", 143],
      ["smtpserver", 587],
      ["managesieveserver", 4190],
    ] as const) {
      const servers = read(name, config).children;
      const seen = servers.map((server) =>
        ["jmxName", "bind", "auth.oidc.jwksURL", "auth.oidc.introspection.url"].map(
          (path) => at(server, path)?.text,
        ),
      );
      expect(seen).toEqual([
        [name, `0.0.0.0:${first}`, oidc.jwksUrl, oidc.introspectionUrl],
        [`${name}-2`, `0.0.0.0:${first + 1000}`, partner.oidc.jwksUrl, partner.oidc.introspectionUrl],
      ]);
    }
  });

  it("have a domain whose people are looked for in their own part of the directory", () => {
    const domains = at(read("domainlist", config), "domainnames")?.children.map(({ text }) => text);
    expect(domains).toEqual(["example.org", "partner.example"]);
    const [first, ...more] = read("usersrepository", config).children.filter(
      ({ name }) => name === "domains",
    );
    expect(more).toEqual([]);
    // To James a dot leads from one element to another inside it.
    expect(first && at(first, partner.domain)?.text).toBe(partner.usersDn);
  });

  it("make files secret also where the first realm has no bearer tokens", () => {
    const marked = [...files({ realms: [partner] }).values()].filter((file) => file.secret);
    expect(marked.map(({ path }) => path)).toContain("/opt/james/conf/imapserver.xml");
  });
});

describe("SMTP", () => {
  const handlers = (config: Partial<JamesConfig> = {}) =>
    (at(read("smtpserver", config), "smtpserver.handlerchain")?.children ?? []).map((child) =>
      (child.attributes.class ?? "").replace(/.*\./, ""),
    );

  it("refuses strangers, after the checks of a logged-in user and before any hook that accepts", () => {
    expect(handlers()).toEqual([
      "SenderAuthIdentifyVerificationHook",
      "AcceptRecipientIfRelayingIsAllowed",
      "AuthRequiredToRelayRcptHook",
      "MaxRcptHandler",
      "CoreCmdHandlerLoader",
    ]);
    expect(text("smtpserver", "smtpserver.auth.announce")).toBe("always");
    expect(text("smtpserver", "smtpserver.verifyIdentity")).toBe("true");
    expect(at(read("smtpserver"), "smtpserver.authorizedAddresses")).toBeUndefined();
  });

  it("takes their mail for local users on request", () => {
    expect(handlers({ smtp: { strangers: "local" } })).toEqual(["ValidRcptHandler", "CoreCmdHandlerLoader"]);
  });

  it("leaves the refusal to James where it has a setting for it", () => {
    expect(handlers(later)).toEqual(["ValidRcptHandler", "CoreCmdHandlerLoader"]);
    expect(text("smtpserver", "smtpserver.auth.required", later)).toBe("true");
    expect(
      text("smtpserver", "smtpserver.auth.required", { ...later, smtp: { strangers: "local" } }),
    ).toBeUndefined();
    expect(text("smtpserver", "smtpserver.auth.required")).toBeUndefined();
  });

  it("the kit's classes refuse strangers for good, and mail for which there is no room", () => {
    expect(handlers({ release: memory("3.8.1+kit"), jmap: { xUserSecret: secret("s") } })).toEqual([
      "SenderAuthIdentifyVerificationHook",
      "AcceptRecipientIfRelayingIsAllowed",
      "AuthRequiredToRelayRcptHook",
      "SmtpStrangers",
      "SmtpQuota",
      "SmtpRoom",
      "SmtpHandlers",
    ]);
  });
});

describe("limits", () => {
  const kit = { release: memory("3.8.1+kit"), jmap: { xUserSecret: secret("s") } };
  const sizes = (config: Partial<JamesConfig>) => [
    text("smtpserver", "smtpserver.maxmessagesize", config),
    text("imapserver", "imapserver.literalSizeLimit", config),
    properties("jmap", config)["upload.max.size"],
  ];

  it("follow from the heap, on every protocol, and are what the kit's classes read", () => {
    expect(sizes({})).toEqual(["8M", "8M", "8M"]);
    expect(sizes({ heapMb: 600 })).toEqual(["25M", "25M", "25M"]);
    expect(sizes({ limits: { messageMb: 5, uploadMb: 4 } })).toEqual(["5M", "5M", "4M"]);
    const mebibytes = Object.entries(properties("jvm", { ...kit, limits: { mailMb: 20 } })).flatMap(
      ([name, value]) =>
        name.startsWith("kit.limits.") ? [[name.slice(11), Number(value) / 1024 ** 2]] : [],
    );
    expect(Object.fromEntries(mebibytes)).toEqual({
      ...{ message: 8, upload: 8, quota: 10, mail: 20, uploadsPerPerson: 12, uploads: 16 },
    });
    expect(content("jvm.properties")).not.toContain("kit.limits");
  });

  it("one mail is delivered at a time, and one for a full mailbox is kept nowhere", () => {
    expect(at(read("mailetcontainer"), "spooler.threads")?.text).toBe("1");
    const local = (at(read("mailetcontainer"), "processors")?.children ?? [])
      .find((child) => child.attributes.state === "local-delivery")
      ?.children.map(({ attributes }) => [attributes.match, attributes.class]);
    expect(local?.slice(-2)).toEqual([
      ["IsOverQuota", "Bounce"],
      ["All", "LocalDelivery"],
    ]);
  });

  it("connections are counted", () => {
    const limit = (name: string) => text(`${name}server`, `${name}server.connectionLimit`, { heapMb: 200 });
    expect(["imap", "smtp", "managesieve"].map(limit)).toEqual(["400", "400", "400"]);
  });
});

describe("delivery", () => {
  const transport = (config: Partial<JamesConfig> = {}) =>
    (at(read("mailetcontainer", config), "processors")?.children ?? [])
      .find((child) => child.attributes.state === "transport")
      ?.children.map((mailet) => [mailet.attributes.match, at(mailet, "processor")?.text])
      .filter(([, processor]) => processor);

  it("keeps mail for other domains here", () => {
    expect(transport()).toEqual([
      ["RecipientIsLocal", "local-delivery"],
      ["HostIsLocal", "unknown-user"],
      ["All", "relay-denied"],
    ]);
    expect(content("mailetcontainer.xml")).not.toContain("RemoteDelivery");
  });

  it("waits for a directory that does not answer, with the kit's classes", () => {
    expect(transport({ release: memory("3.8.1+kit") })).toContainEqual([
      "kit.james.RecipientIsThere",
      "local-delivery",
    ]);
  });

  it("sends on what users wrote, never what strangers did", () => {
    const relayed = (transport({ remoteDelivery: "direct" }) ?? []).filter(
      ([, processor]) => processor === "relay",
    );
    expect(relayed.map(([match]) => match)).toEqual([
      "SMTPAuthSuccessful",
      "org.apache.james.jmap.mailet.SentByJmap",
      "SentByMailet",
    ]);
    expect(transport({ remoteDelivery: "direct" })?.at(-1)).toEqual(["All", "relay-denied"]);
    expect(content("mailetcontainer.xml", { remoteDelivery: "direct" })).not.toContain("<gateway>");
    expect(content("mailetcontainer.xml", { remoteDelivery: { host: "relay.test", port: 25 } })).toContain(
      "<gateway>relay.test:25</gateway>",
    );
  });

  it("has what James checks at start: no blind copies shown, vacation and filters for local mail", () => {
    const all = content("mailetcontainer.xml");
    for (const mailet of ["RemoveMimeHeader", "VacationMailet", "Sieve", "JMAPFiltering", "LocalDelivery"]) {
      expect(all).toMatch(new RegExp(`class="[\\w.]*${mailet}"`));
    }
  });
});

describe("releases", () => {
  it.each(["3.8.1", "3.8.2", "3.9.0", "3.10.0"])(
    "James %s finds the processors that it asks for by name",
    (version) => {
      const container = read("mailetcontainer", { ...later, release: memory(version), jmap: {} });
      const states = (at(container, "processors")?.children ?? []).map(({ attributes }) => attributes.state);
      expect(states).toEqual(expect.arrayContaining(["root", "error", "transport", "rrt-error"]));
      const text = content("mailetcontainer.xml", { release: memory(version) });
      for (const [, processor] of text.matchAll(/<(?:errorProcessor|processor)>([^<]+)</g)) {
        expect(states).toContain(processor);
      }
    },
  );

  it("what an image is baked with is what all of them take: an audience, the same processors", () => {
    const warm = (name: string) => readFileSync(join(packageRoot, "images/james/warm", name), "utf8");
    expect(warm("imapserver.xml")).toMatch(/<oidc>[\s\S]*<aud>[\s\S]*<\/oidc>/);
    expect(warm("mailetcontainer.xml")).toContain('<processor state="rrt-error"');
  });

  it("JMAP is well where its well-known path redirects: 308 in 3.8, 302 from 3.9 on", () => {
    const script = healthTest(jamesHealthCheck(minimal)).join();
    expect(script).toContain("'HTTP/1.1 30[28] *'");
  });

  it.each(["3.9.0", "3.10.0"])(
    "James %s has no random password on webadmin, and the one that it is given",
    (version) => {
      const given = properties("webadmin", {
        ...later,
        release: memory(version),
        webadmin: { password: secret("pw") },
      });
      expect(given).toMatchObject({ password: "pw", "password.generate": "false" });
      const own = properties("webadmin", {
        ...later,
        release: memory(version),
        webadmin: { bind: "127.0.0.1" },
      });
      expect(own).toMatchObject({ host: "127.0.0.1", "password.generate": "false" });
    },
  );
});

describe("JMAP", () => {
  it("takes passwords unless told otherwise", () => {
    expect(properties("jmap", { jmap: { passwords: false } })["authentication.strategy.rfc8621"]).toBe(
      "XUserAuthenticationStrategy",
    );
  });

  it("believes Basic and X-User, and speaks of the gateway's URLs", () => {
    expect(properties("jmap")).toMatchObject({
      enabled: "true",
      "jmap.port": "80",
      "jmap.version.default": "rfc-8621",
      "dynamic.jmap.prefix.resolution.enabled": "true",
      "authentication.strategy.rfc8621": "BasicAuthenticationStrategy,XUserAuthenticationStrategy",
      "upload.max.size": "8M",
    });
  });

  it("has a secret and no key where James takes one and needs none", () => {
    expect(properties("jmap", later)["authentication.strategy.rfc8621.xUser.secret"]).toBe("x-user-secret");
    expect(properties("jmap", later)["tls.privateKey"]).toBeUndefined();
    expect(files(later).has("/opt/james/conf/unusable.key")).toBe(false);
  });

  it("gives James 3.8 a key pair that cannot sign its logins, which are RSA", () => {
    expect(properties("jmap")).toMatchObject({
      "tls.privateKey": "file://conf/unusable.key",
      "tls.certificates": "file://conf/unusable.pub",
    });
    const key = createPrivateKey(content("unusable.key"));
    expect(key.asymmetricKeyType).toBe("ed25519");
    const spki = { type: "spki", format: "pem" } as const;
    expect(createPublicKey(key).export(spki)).toBe(content("unusable.pub"));
  });
});

describe("listeners", () => {
  it("take ports and switch off; POP3, LMTP and JMX are always off", () => {
    const ports = { imap: { port: 1143 }, smtp: { port: 1587 }, sieve: { port: 14190 } };
    expect(text("imapserver", "imapserver.bind", ports)).toBe("0.0.0.0:1143");
    expect(text("smtpserver", "smtpserver.bind", ports)).toBe("0.0.0.0:1587");
    expect(text("managesieveserver", "managesieveserver.bind", ports)).toBe("0.0.0.0:14190");
    const off = { imap: "off", smtp: "off", sieve: "off", jmap: "off", webadmin: "off" } as const;
    for (const name of ["imapserver", "smtpserver", "managesieveserver", "pop3server", "lmtpserver"]) {
      expect(at(read(name, off), name)?.attributes.enabled).toBe("false");
    }
    for (const name of ["jmap", "webadmin"]) expect(properties(name, off)).toEqual({ enabled: "false" });
    expect(properties("jmx")).toEqual({ "jmx.enabled": "false" });
  });

  it("webadmin listens where it is told, and logs no password of its own making", () => {
    expect(properties("webadmin")).toMatchObject({ enabled: "true", host: "0.0.0.0", port: "8000" });
    expect(properties("webadmin")["password.generate"]).toBeUndefined();
    const webadmin = { bind: "127.0.0.1", port: 8001, password: secret("pw") };
    expect(properties("webadmin", { ...later, webadmin })).toMatchObject({
      host: "127.0.0.1",
      port: "8001",
      password: "pw",
      "password.generate": "false",
    });
  });
});

describe("logging", () => {
  const levels = (config: Partial<JamesConfig> = {}) =>
    Object.fromEntries(
      read("logback", config)
        .children.filter((child) => child.name === "logger")
        .map((child) => [child.attributes.name, child.attributes.level]),
    );

  it("tells refused logins at every level, to standard output", () => {
    expect(levels()).toMatchObject({
      "org.apache.james": "WARN",
      "org.apache.james.user.ldap.ReadOnlyLDAPUser": "INFO",
      "org.apache.james.jwt.JwtTokenVerifier": "INFO",
    });
    expect(levels({ logLevel: "debug" })).toEqual({
      "org.apache.james": "DEBUG",
      "kit.james": "DEBUG",
      "org.apache.james.metrics": "WARN",
    });
    expect(content("logback.xml")).toContain("ConsoleAppender");
  });
});
