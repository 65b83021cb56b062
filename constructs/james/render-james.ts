import { createPrivateKey, createPublicKey } from "node:crypto";
import { clientAuthorization } from "../../kit/client-authorization";
import { renderXml, type XmlElement, xml, xmlComment } from "../../kit/xml";
import { directoryUrls } from "../ldap/directory-urls";
import type { IPostgresDatabase } from "../postgres/postgres-server";
import type { ConfigFile } from "../workload/config-file";
import { capabilitySince, type JamesCapabilities, jamesCapabilities } from "./capabilities";
import {
  defaultPorts,
  everyOidc,
  type ImapListener,
  type JamesConfig,
  type JamesOidc,
  type JmapListener,
  jamesDefaults,
  type Listener,
  listenersOf,
  type SieveListener,
  type SmtpListener,
  type WebadminListener,
} from "./james-config";
import { jamesConnections } from "./james-database";
import { type JamesLimits, jamesLimits } from "./james-limits";
import { jamesMemory } from "./james-memory";
import type { JamesRelease } from "./james-release";
import { type MailRepository, mailetContainer } from "./mailets";
import { propertyList, renderProperties } from "./properties";

/** Classes of `images/james/extension` that James's files name. */
const kitClasses = {
  imap: "kit.james.ImapLogins",
  smtp: "kit.james.SmtpHandlers",
  startable: "kit.james.SieveServers",
  webadmin: "kit.james.MailboxCounts",
};

/**
 * The files of `<home>/conf`, in James's own formats. The configuration must have passed `jamesRules`.
 *
 * @see https://james.apache.org/server/config.html
 */
export function renderJames(config: JamesConfig): ConfigFile[] {
  const { release, home } = { ...jamesDefaults, ...config };
  const can = jamesCapabilities(release);
  const limits = jamesLimits(config.heapMb ?? jamesMemory.defaultHeap, config.limits);
  const oidc = everyOidc(config).length > 0;
  const files: (Omit<ConfigFile, "path"> & { name: string })[] = [
    { name: "domainlist.xml", content: renderXml(domainList(config)) },
    { name: "usersrepository.xml", content: renderXml(usersRepository(config)), secret: true },
    { name: "imapserver.xml", content: renderXml(imapServers(config, can, limits)), secret: oidc },
    {
      name: "smtpserver.xml",
      content: renderXml(smtpServers(config, can, limits)),
      secret: oidc,
    },
    {
      name: "managesieveserver.xml",
      content: renderXml(sieveServers(config, can, release, limits)),
      secret: oidc && can.sieveOidc,
    },
    ...(["pop3server", "lmtpserver"] as const).map((name) => ({
      name: `${name}.xml`,
      content: renderXml(xml(`${name}s`, {}, xml(name, { enabled: false }))),
    })),
    {
      name: "jmap.properties",
      content: renderProperties(jmap(config.jmap ?? {}, can, limits)),
      secret: config.jmap !== "off" && config.jmap?.xUserSecret !== undefined,
    },
    ...(can.jmapDraft && config.jmap !== "off" ? unusableKeyPair() : []),
    {
      name: "webadmin.properties",
      content: renderProperties(webadmin(config.webadmin ?? {}, can)),
      secret: config.webadmin !== "off" && config.webadmin?.password !== undefined,
    },
    {
      name: "mailetcontainer.xml",
      content: renderXml(
        mailetContainer(
          hostOf(config),
          config.remoteDelivery ?? "refuse",
          repositoryOf(config),
          can.kitExtension,
        ),
      ),
    },
    { name: "mailrepositorystore.xml", content: renderXml(mailRepositoryStore(repositoryOf(config))) },
    ...(config.database ? postgresFiles(config.database) : []),
    { name: "recipientrewritetable.xml", content: renderXml(recipientRewriteTable) },
    { name: "dnsservice.xml", content: renderXml(dnsService) },
    { name: "listeners.xml", content: renderXml(xml("listeners")) },
    { name: "jmx.properties", content: renderProperties({ "jmx.enabled": false }) },
    { name: "healthcheck.properties", content: renderProperties({ "healthcheck.period": "60s" }) },
    // Without a database both only keep James from warning that they are missing.
    {
      name: "blob.properties",
      content: renderProperties({
        ...(config.database && postgresBlobs),
        "blob.export.implementation": "localFile",
        "blob.export.localFile.directory": "file://var/blob-export",
      }),
    },
    {
      name: "deletedMessageVault.properties",
      content: renderProperties({ restoreLocation: "Restored-Messages" }),
    },
    ...(can.kitExtension && config.sieve !== "off"
      ? [
          {
            name: "extensions.properties",
            content: renderProperties({ "guice.extension.startable": kitClasses.startable }),
          },
        ]
      : []),
    {
      name: "jvm.properties",
      content: renderProperties({
        ...jvm,
        ...(can.kitExtension && { ...kitLimits(limits, config), ...ldapTls(config, home) }),
        ...(config.database?.server.ca !== undefined && {
          "kit.postgres.ca": `${home}/conf/${databaseCaFile}`,
        }),
        // A client could make James work for it again and again.
        ...(config.tls && { "jdk.tls.rejectClientInitiatedRenegotiation": true }),
        ...(config.proxy && { "kit.proxy.trusted": propertyList(config.proxy.trusted) }),
      }),
    },
    ...(config.ldap.ca !== undefined ? [{ name: caFile, content: config.ldap.ca }] : []),
    ...(can.kitExtension ? openidProviders(config) : []),
    { name: "logback.xml", content: renderXml(logback(config)) },
  ];
  return files.map(({ name, content, secret }) => ({
    path: `${home}/conf/${name}`,
    content,
    ...(secret && { secret }),
  }));
}

function domainList(config: JamesConfig): XmlElement {
  const domains = [...config.domains, ...(config.realms ?? []).map(({ domain }) => domain)];
  return xml(
    "domainlist",
    {},
    // Otherwise the container's host name and addresses become mail domains.
    xml("autodetect", {}, false),
    xml("autodetectIP", {}, false),
    xml("defaultDomain", {}, domains[0]),
    xml("domainnames", {}, ...domains.map((domain) => xml("domainname", {}, domain))),
  );
}

function usersRepository({ ldap, realms = [] }: JamesConfig): XmlElement {
  return xml(
    "usersrepository",
    {
      name: "LocalUsers",
      class: "org.apache.james.user.ldap.ReadOnlyUsersLDAPRepository",
      // Several are for the kit's extension and for 3.9 and later.
      ldapHost: directoryUrls(ldap).join(","),
      principal: ldap.bindDn,
      credentials: ldap.bindPassword.reveal(),
      userBase: ldap.usersDn,
      userIdAttribute: ldap.mailAttribute ?? "mail",
      userObjectClass: ldap.userObjectClass ?? "inetOrgPerson",
      filter: ldap.filter,
      connectionTimeout: 5000,
      readTimeout: 5000,
    },
    xml("supportsVirtualHosting", {}, true),
    // Where users of these domains are, and nowhere else; those of all other domains are below userBase.
    realms.length > 0
      ? xml("domains", {}, ...realms.map(({ domain, usersDn }) => nestedLabels(domain, usersDn)))
      : undefined,
  );
}

/** A domain as nested elements, one for each label: James's reader takes `a.b` for the path to `b` in `a`. */
function nestedLabels(domain: string, usersDn: string): XmlElement {
  const [first = "", ...inner] = domain.split(".");
  return xml(first, {}, inner.length === 0 ? usersDn : nestedLabels(inner.join("."), usersDn));
}

function imapServers(config: JamesConfig, can: JamesCapabilities, limits: JamesLimits): XmlElement {
  const { imap = {} } = config;
  if (imap === "off") return xml("imapservers", {}, disabled("imapserver"));
  const listeners = [...listenersOf(config, "imap"), ...listenersOf(config, "imaps")];
  const servers = listeners.map((listener) => imapServer(config, imap, listener, can, limits));
  return xml("imapservers", {}, ...(can.imapPackagesOfServer ? [] : [imapPackages(can)]), ...servers);
}

/** James's own commands with the kit's logins. */
function imapPackages(can: JamesCapabilities): XmlElement | undefined {
  return can.kitExtension ? xml("imapPackages", {}, kitClasses.imap) : undefined;
}

function imapServer(
  config: JamesConfig,
  imap: ImapListener,
  listener: Listener,
  can: JamesCapabilities,
  limits: JamesLimits,
): XmlElement {
  // Not offered, since clients that choose it fail. On SMTP no setting hides OAUTHBEARER.
  const hidden = [
    ...(listener.oidc && !can.oauthbearerRfc7628 ? ["AUTH=OAUTHBEARER"] : []),
    ...(can.imapLiteralPlus ? [] : ["LITERAL+"]),
  ];
  return xml(
    "imapserver",
    { enabled: true },
    can.imapPackagesOfServer ? imapPackages(can) : undefined,
    xml("jmxName", {}, listener.jmxName),
    bind(listener.port),
    tlsElement(listener),
    helloName(config),
    xml("connectionLimit", {}, limits.connections),
    xml("connectionLimitPerIP", {}, 0),
    // What an APPEND may bring, and what of it is held in memory rather than in a file.
    xml("literalSizeLimit", {}, `${limits.messageMb}M`),
    xml("inMemorySizeLimit", {}, "64K"),
    xml("idleTimeInterval", {}, 120),
    xml("idleTimeIntervalUnit", {}, "SECONDS"),
    xml("enableIdle", {}, true),
    hidden.length > 0 ? xml("disabledCaps", {}, hidden.join("|")) : undefined,
    authentication(config, imap, listener),
  );
}

function smtpServers(config: JamesConfig, can: JamesCapabilities, limits: JamesLimits): XmlElement {
  const { smtp = {} } = config;
  if (smtp === "off") return xml("smtpservers", {}, disabled("smtpserver"));
  const listeners = [...listenersOf(config, "smtp"), ...listenersOf(config, "submissions")];
  const servers = listeners.map((listener) => smtpServer(config, smtp, listener, can, limits));
  return xml("smtpservers", {}, ...servers);
}

function smtpServer(
  config: JamesConfig,
  smtp: SmtpListener,
  listener: Listener,
  can: JamesCapabilities,
  limits: JamesLimits,
): XmlElement {
  const { ownSenderOnly = true, strangers = "refuse" } = smtp;
  return xml(
    "smtpserver",
    { enabled: true },
    xml("jmxName", {}, listener.jmxName),
    bind(listener.port),
    tlsElement(listener),
    helloName(config),
    xml("connectiontimeout", {}, 360),
    xml("connectionLimit", {}, limits.connections),
    xml("connectionLimitPerIP", {}, 0),
    authentication(
      config,
      smtp,
      listener,
      // James offers bearer tokens only where it announces logins.
      xml("announce", {}, "always"),
      can.smtpAuthRequired && strangers === "refuse" ? xml("required", {}, true) : undefined,
    ),
    // No `authorizedAddresses`: nobody is trusted by his address.
    xml("verifyIdentity", {}, ownSenderOnly),
    xml("maxmessagesize", {}, `${limits.messageMb}M`),
    xml("addressBracketsEnforcement", {}, true),
    xml("heloEhloEnforcement", {}, true),
    xml("smtpGreeting", {}, `${hostOf(config)} ESMTP`),
    xml(
      "handlerchain",
      { enableJmx: false, coreHandlersPackage: can.kitExtension ? kitClasses.smtp : undefined },
      ...smtpHandlers(strangers, can, listener, config.database === undefined),
    ),
  );
}

/**
 * Until 3.10 no setting makes James refuse a stranger's mail for local users, so the hooks are ordered to: a sender is
 * checked, a logged-in user's recipient accepted, and anybody else's refused; without the kit's extension it is one too
 * many, which is 452. Unknown local users then come back as a bounce, and strangers cannot try out which addresses exist.
 */
function smtpHandlers(
  strangers: "refuse" | "local",
  can: JamesCapabilities,
  { tls }: Listener,
  inMemory: boolean,
): XmlElement[] {
  const core = handler(
    can.kitExtension ? kitClasses.smtp : "org.apache.james.smtpserver.CoreCmdHandlerLoader",
  );
  const knownRecipient = handler("org.apache.james.smtpserver.fastfail.ValidRcptHandler");
  const room = can.kitExtension
    ? [handler("kit.james.SmtpQuota"), ...(inMemory ? [handler("kit.james.SmtpRoom")] : [])]
    : [];
  if (strangers === "local" || can.smtpAuthRequired) return [knownRecipient, ...room, core];
  return [
    ...(tls?.begins === "by STARTTLS" ? [handler("kit.james.SmtpTls")] : []),
    handler("org.apache.james.smtpserver.SenderAuthIdentifyVerificationHook"),
    handler("org.apache.james.protocols.smtp.core.AcceptRecipientIfRelayingIsAllowed"),
    handler("org.apache.james.smtpserver.AuthRequiredToRelayRcptHook"),
    can.kitExtension
      ? handler("kit.james.SmtpStrangers")
      : handler("org.apache.james.smtpserver.fastfail.MaxRcptHandler", xml("maxRcpt", {}, 0)),
    ...room,
    core,
  ];
}

function handler(name: string, ...parameters: readonly XmlElement[]): XmlElement {
  return xml("handler", { class: name }, ...parameters);
}

function sieveServers(
  config: JamesConfig,
  can: JamesCapabilities,
  release: JamesRelease,
  limits: JamesLimits,
): XmlElement {
  const { sieve = {} } = config;
  if (sieve === "off") return xml("managesieveservers", {}, disabled("managesieveserver"));
  const servers = listenersOf(config, "sieve").map((listener) =>
    sieveServer(config, sieve, listener, can, release, limits),
  );
  if (!can.kitExtension) return xml("managesieveservers", {}, ...servers);
  // James's own are off, whose AUTHENTICATE takes no tokens; the kit's start those below `kit`.
  return xml("managesieveservers", {}, disabled("managesieveserver"), xml("kit", {}, ...servers));
}

function sieveServer(
  config: JamesConfig,
  sieve: SieveListener,
  listener: Listener,
  can: JamesCapabilities,
  release: JamesRelease,
  limits: JamesLimits,
): XmlElement {
  const { port, oidc, jmxName } = listener;
  const wanted = oidc !== undefined && (sieve.oidc ?? true);
  return xml(
    "managesieveserver",
    { enabled: true },
    xml("jmxName", {}, jmxName),
    bind(port),
    tlsElement(listener),
    helloName(config),
    xml("connectiontimeout", {}, 360),
    xml("connectionLimit", {}, limits.connections),
    xml("connectionLimitPerIP", {}, 0),
    wanted && can.sieveOidc
      ? xml("auth", {}, xml("plainAuthEnabled", {}, sieve.passwords ?? true), oidcElement(oidc, can))
      : undefined,
    ...(wanted && !can.sieveOidc
      ? [
          xmlComment(
            `bearer tokens left out: James has them here from ${capabilitySince("sieveOidc")} on, this is ${release.version}`,
          ),
        ]
      : []),
  );
}

function disabled(server: string): XmlElement {
  return xml(server, { enabled: false });
}

function bind(port: number): XmlElement {
  return xml("bind", {}, `0.0.0.0:${port}`);
}

/**
 * TLS 1.2 with forward secrecy and authenticated encryption, and 1.3; what Java 11 has of it.
 * https://wiki.mozilla.org/Security/Server_Side_TLS#Intermediate_compatibility_(recommended)
 */
const cipherSuites = [
  ...["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"],
  ...["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
  ...["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"],
];

function tlsElement({ tls }: Listener): XmlElement | undefined {
  if (tls === undefined) return undefined;
  const { begins, certificate } = tls;
  const protocols = ["TLSv1.2", "TLSv1.3"];
  return xml(
    "tls",
    { socketTLS: begins === "at once", startTLS: begins === "by STARTTLS" },
    xml("privateKey", {}, `file://${certificate.keyFile}`),
    xml("certificates", {}, `file://${certificate.chainFile}`),
    xml("supportedProtocols", {}, ...protocols.map((protocol) => xml("protocol", {}, protocol))),
    xml("supportedCipherSuites", {}, ...cipherSuites.map((suite) => xml("cipherSuite", {}, suite))),
  );
}

function hostOf({ host = jamesDefaults.host }: JamesConfig): string {
  return host;
}

function helloName(config: JamesConfig): XmlElement {
  return xml("helloName", { autodetect: false }, hostOf(config));
}

function authentication(
  { release = jamesDefaults.release }: JamesConfig,
  { cleartextLogins = true, passwords = true }: { cleartextLogins?: boolean; passwords?: boolean },
  { oidc, tls }: Listener,
  ...more: readonly (XmlElement | undefined)[]
): XmlElement {
  return xml(
    "auth",
    {},
    ...more,
    xml("requireSSL", {}, tls !== undefined || !cleartextLogins),
    xml("plainAuthEnabled", {}, passwords),
    oidc && oidcElement(oidc, jamesCapabilities(release)),
  );
}

function oidcElement(oidc: JamesOidc, can: JamesCapabilities): XmlElement {
  return xml(
    "oidc",
    {},
    xml("oidcConfigurationURL", {}, oidc.discoveryUrl),
    xml("jwksURL", {}, oidc.jwksUrl),
    xml("claim", {}, oidc.claim ?? "email"),
    xml("scope", {}, oidc.scope ?? "openid profile email"),
    can.oidcAudience ? xml("aud", {}, oidc.audience ?? oidc.clientId) : undefined,
    oidc.introspectionUrl === undefined
      ? undefined
      : xml(
          "introspection",
          {},
          xml("url", {}, oidc.introspectionUrl),
          xml("auth", {}, clientAuthorization(oidc.clientId, oidc.clientSecret.reveal())),
        ),
  );
}

function jmap(jmap: JmapListener | "off", can: JamesCapabilities, limits: JamesLimits) {
  if (jmap === "off") return { enabled: false };
  return {
    enabled: true,
    "jmap.port": jmap.port ?? defaultPorts.jmap,
    // Else requests without an Accept parameter get the API before RFC 8621, and /jmap/ws is not found.
    "jmap.version.default": can.jmapDraft ? "rfc-8621" : undefined,
    // The session's URLs are those under which the gateway is reached: X-JMAP-PREFIX, X-JMAP-WEBSOCKET-PREFIX.
    "dynamic.jmap.prefix.resolution.enabled": true,
    "authentication.strategy.rfc8621": propertyList([
      ...((jmap.passwords ?? true)
        ? [can.kitExtension ? "kit.james.PasswordUser" : "BasicAuthenticationStrategy"]
        : []),
      can.kitExtension ? "kit.james.GatewayUser" : "XUserAuthenticationStrategy",
    ]),
    "authentication.strategy.rfc8621.xUser.secret": jmap.xUserSecret?.reveal(),
    "upload.max.size": `${limits.uploadMb}M`,
    "max.size.attachments.per.mail": `${limits.messageMb}M`,
    "tls.privateKey": can.jmapDraft ? "file://conf/unusable.key" : undefined,
    "tls.certificates": can.jmapDraft ? "file://conf/unusable.pub" : undefined,
  };
}

/**
 * James 3.8 does not start without a key pair that signs logins of JMAP before RFC 8621. The kit offers no such
 * logins: it gives a well-known Ed25519 pair, with which their RSA signatures cannot be made or checked.
 */
function unusableKeyPair() {
  // PKCS #8 (RFC 8410) of 32 zero bytes.
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32)]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return [
    { name: "unusable.key", content: privateKey.export({ format: "pem", type: "pkcs8" }) as string },
    {
      name: "unusable.pub",
      content: createPublicKey(privateKey).export({ format: "pem", type: "spki" }) as string,
    },
  ];
}

function webadmin(webadmin: WebadminListener | "off", can: JamesCapabilities) {
  if (webadmin === "off") return { enabled: false };
  return {
    enabled: true,
    host: webadmin.bind ?? "0.0.0.0",
    port: webadmin.port ?? defaultPorts.webadmin,
    "https.enabled": false,
    "jwt.enabled": false,
    "cors.enable": false,
    "extensions.routes": can.kitExtension ? kitClasses.webadmin : undefined,
    password: webadmin.password?.reveal(),
    // Else 3.10 makes a random one and logs it.
    "password.generate": can.webadminPassword ? false : undefined,
  };
}

function repositoryOf({ database }: JamesConfig): MailRepository {
  return database ? "postgres" : "memory";
}

const repositoryClasses: Readonly<Record<MailRepository, string>> = {
  memory: "org.apache.james.mailrepository.memory.MemoryMailRepository",
  postgres: "org.apache.james.mailrepository.postgres.PostgresMailRepository",
};

const mailRepositoryStore = (protocol: MailRepository) =>
  xml(
    "mailrepositorystore",
    {},
    xml("defaultProtocol", {}, protocol),
    xml(
      "mailrepositories",
      {},
      xml(
        "mailrepository",
        { class: repositoryClasses[protocol] },
        xml("protocols", {}, xml("protocol", {}, protocol)),
      ),
    ),
  );

/** Certificates of which the database's must be. */
const databaseCaFile = "postgres-ca.pem";

/** Bodies of mails are in the database too, each once a mail. */
const postgresBlobs = { implementation: "postgres", "deduplication.enable": false };

/**
 * Where everything is, for the release on PostgreSQL.
 *
 * @see https://james.apache.org/server/config-postgres.html
 */
function postgresFiles({ server, name, user, password }: IPostgresDatabase) {
  return [
    {
      name: "postgres.properties",
      content: renderProperties({
        "database.name": name,
        "database.schema": "public",
        "database.host": server.host,
        "database.port": server.port,
        "database.username": user,
        "database.password": password.reveal(),
        "row.level.security.enabled": false,
        "pool.initial.size": 2,
        "pool.max.size": jamesConnections,
        "ssl.mode": server.tls ? "verify-full" : "disable",
      }),
      secret: true,
    },
    // What is looked for in mail is looked for in every mail of a mailbox: an index would be a service more.
    { name: "search.properties", content: renderProperties({ implementation: "scanning" }) },
    ...(server.ca === undefined ? [] : [{ name: databaseCaFile, content: server.ca }]),
  ];
}

const recipientRewriteTable = xml(
  "recipientrewritetable",
  {},
  xml("recursiveMapping", {}, true),
  xml("mappingLimit", {}, 10),
);

const dnsService = xml(
  "dnsservice",
  {},
  xml("autodiscover", {}, true),
  xml("authoritative", {}, false),
  xml("maxcachesize", {}, 1000),
);

/** System properties. */
const jvm = {
  // No DNS look-up of the client at each connection.
  "james.protocols.mdc.hostname": false,
  // Network buffers of one arena, not of one for each core: 20 MiB less, measured on 2 cores.
  "io.netty.allocator.numDirectArenas": 1,
  "io.netty.allocator.numHeapArenas": 1,
};

/** Read by the kit's extension, in bytes. */
function kitLimits(
  { connections: _, quotaMb, mailMb, ...ofHeap }: JamesLimits,
  { database, limits }: JamesConfig,
) {
  const kept = database ? (limits?.quotaMb === undefined ? {} : { quotaMb }) : { quotaMb, mailMb };
  return Object.fromEntries(
    Object.entries({ ...ofHeap, ...kept }).map(([name, mb]) => [
      `kit.limits.${name.replace(/Mb$/, "")}`,
      mb * 1024 * 1024,
    ]),
  );
}

/** Certificates of which the directory's must be. */
const caFile = "ldap-ca.pem";

/** Read by the kit's extension. */
function ldapTls({ ldap }: JamesConfig, home: string) {
  return {
    ...(ldap.startTls && { "kit.ldap.startTls": true }),
    ...(ldap.ca !== undefined && { "kit.ldap.ca": `${home}/conf/${caFile}` }),
  };
}

/** Read by the kit's extension: what James's own files cannot say of its OpenID providers. */
function openidProviders(config: JamesConfig) {
  const all = everyOidc(config);
  if (all.length === 0) return [];
  const authority = (index: number) => `openid-ca-${index + 1}.pem`;
  const providers = all.map(({ discoveryUrl, provider, ...oidc }, index) => ({
    discovery: discoveryUrl,
    issuer: oidc.issuer ?? discoveryUrl.replace(/\/\.well-known\/openid-configuration$/, ""),
    audience: oidc.audience ?? oidc.clientId,
    keycloak: provider !== "other",
    domains: [
      ...(config.oidc?.discoveryUrl === discoveryUrl ? config.domains : []),
      ...(config.realms ?? []).flatMap(({ domain, oidc }) =>
        oidc.discoveryUrl === discoveryUrl ? [domain] : [],
      ),
    ],
    ...(oidc.ca !== undefined && { ca: authority(index) }),
  }));
  return [
    { name: "openid.json", content: `${JSON.stringify(providers, null, 2)}\n` },
    ...all.flatMap(({ ca }, index) => (ca === undefined ? [] : [{ name: authority(index), content: ca }])),
  ];
}

/** Loggers that tell why a login or a recipient was refused. Without the kit's extension the refusal of an inactive token is logged by none. */
const refusalLoggers = [
  "org.apache.james.user.ldap.ReadOnlyLDAPUser",
  "org.apache.james.jwt.JwtTokenVerifier",
  "org.apache.james.protocols.smtp.AUTHENTICATION",
  "org.apache.james.protocols.smtp.core.log.HookResultLogger",
];

function logback({ logLevel = "warn" }: JamesConfig): XmlElement {
  const logger = (name: string, level: string) => xml("logger", { name, level: level.toUpperCase() });
  return xml(
    "configuration",
    {},
    xml(
      "appender",
      { name: "STDOUT", class: "ch.qos.logback.core.ConsoleAppender" },
      xml(
        "encoder",
        {},
        xml(
          "pattern",
          {},
          "%d{HH:mm:ss.SSS} %-5level %logger{0} [%X{protocol} %X{ip} %X{user}] %msg%n%rEx{3}",
        ),
      ),
    ),
    xml("root", { level: "WARN" }, xml("appender-ref", { ref: "STDOUT" })),
    logger("org.apache.james", logLevel),
    logger("kit.james", logLevel === "warn" ? "info" : logLevel),
    ...(logLevel === "warn" ? refusalLoggers.map((name) => logger(name, "info")) : []),
    // Hundreds of lines a minute at level debug.
    logger("org.apache.james.metrics", "warn"),
  );
}
