import * as z from "zod";
import type { PasswordProtocol } from "../constructs/james/james-config";
import type { JamesLimit } from "../constructs/james/james-limits";
import { jamesMemory } from "../constructs/james/james-memory";
import { jamesFlavours } from "../constructs/james/james-release";
import { keycloakMemory } from "../constructs/keycloak/server/keycloak-memory";
import { isFilter } from "../constructs/ldap/filter";
import { postgresPort } from "../constructs/postgres/postgres-port";
import { imageReference } from "../constructs/workload/image";
import {
  originProblem,
  redirectUriProblem,
  tailProblem,
  wildcardProblem,
  withoutTail,
} from "../kit/client-uris";
import { dnsName } from "../kit/dns-name";
import { environmentNameForm, environmentNamePattern } from "../kit/environment-name";
import type { Problem } from "../kit/errors";
import { mailAddressForm, mailAddressPattern } from "../kit/mail-address";
import { isBaseUrl, isWebUrl } from "../kit/web-url";
import { defaultReferences, type ImageReferences, jamesIn, releaseIn } from "../platform/image-references";
import { defaultHosts, defaultTlsPorts, type Service } from "../platform/model/addresses";
import { smallResources } from "../platform/model/capacity";
import { type StoredData, storageKinds } from "../platform/model/platform-spec";
import { tlsSettings } from "./tls-settings";

/**
 * Everything that an environment file may say. Every setting has a default, so an empty file is a valid environment.
 * Descriptions reach users through the generated schemas/environment.schema.json and docs/settings.md.
 */

const hostName = z.string().regex(dnsName, { error: "a DNS name in lower case" });
const host = (service: Service, what: string) =>
  hostName.default(defaultHosts[service]).describe(`DNS name of ${what}`);
const port = z.int().min(1).max(65535);
const publish = (value: number, what: string) => port.default(value).describe(`Port of ${what}`);
const mailAddress = z.string().regex(new RegExp(mailAddressPattern), { error: mailAddressForm });
/** A text that a rule of the constructs judges, in whose words an error is told. */
const judged = (problemOf: (text: string) => Omit<Problem, "where"> | undefined) =>
  z
    .string()
    .superRefine((text, { addIssue }) => {
      const found = problemOf(text);
      if (found) addIssue({ code: "custom", message: found.what, params: found });
    })
    .meta({ format: "uri" });
const reference = (service: keyof ImageReferences, what: string) =>
  z
    .string()
    .regex(imageReference, { error: "name:tag, or name:tag@sha256:…" })
    .refine((text) => !/:latest(@|$)/.test(text), {
      error: "a release's tag: `latest` names another image tomorrow",
    })
    .default(defaultReferences[service])
    .describe(`Image of ${what}`);
const withRelease = (schema: ReturnType<typeof reference>, example: string) =>
  schema.refine((text) => releaseIn(text) !== undefined, {
    error: `a tag that names the release, as ${example}`,
  });
const withJames = (schema: ReturnType<typeof reference>) =>
  schema.refine((text) => jamesIn(text) !== undefined, {
    error: `a tag that names the flavour (${jamesFlavours.join(", ")}) and the release, as memory-3.8.2`,
  });
const withPostgresJames = (schema: ReturnType<typeof reference>) =>
  schema.refine((text) => jamesIn(text)?.flavour === "postgres", {
    error: "a tag that names flavour postgres and the release, as postgres-3.9.0",
  });
// Wildcards are judged with the client, which may be allowed them.
const redirectUri = judged((uri) => (tailProblem(uri) ? undefined : redirectUriProblem(withoutTail(uri))));
const origin = judged((uri) => wildcardProblem(uri) ?? originProblem(uri));
const memory = z
  .int()
  .min(16)
  .max(1024 * 1024);
const orCapacity = "or what follows from `capacity`";
const limit = (service: Service, least = 16) =>
  memory
    .min(least)
    .optional()
    .describe(
      `Most memory the container may use, in MiB. Default: ${smallResources[service].memoryMb}, ${orCapacity}`,
    );
const heap = (service: "james" | "keycloak", least: number, also = "") =>
  memory
    .min(least)
    .optional()
    .describe(
      `Largest Java heap, in MiB; ${least} or more${also}. Default: ${smallResources[service].heapMb}, ${orCapacity}`,
    );
const passwords = (where: string) => z.boolean().default(true).describe(`Passwords on ${where}`);
const cpus = z
  .number()
  .min(0.01)
  .max(1024)
  .optional()
  .describe("Most cores the container may use, 0.5 for half of one. Default: all that the machine has");
const mebibytes = (what: string, otherwise: string) =>
  z
    .int()
    .min(1)
    .max(1024 * 1024)
    .optional()
    .describe(`${what}, in MiB. Default: ${otherwise}`);
const storageKind = z.enum(storageKinds);
const section = <T extends z.ZodRawShape>(shape: T) => z.strictObject(shape).prefault({} as never);

const publicUrl = (example: string) =>
  z
    .string()
    .refine(isBaseUrl, { error: `a URL without query, as ${example}` })
    .optional();
const publicGateway = publicUrl("https://mail.example.org").describe(
  "URL of the gateway as people's programs see it; a path before those of JMAP may follow the host. Default: its host name and published port",
);
const publicMail = hostName
  .optional()
  .describe("Host name of IMAP, SMTP and ManageSieve. Default: that of the gateway");
const tlsPort = (value: number, what: string) =>
  port
    .nullable()
    .optional()
    .describe(
      `Port of ${what} that begins with TLS; null: not published. Default: ${value} where mail has TLS`,
    );

const realmName = z
  .string()
  .regex(/^[A-Za-z0-9._-]+$/, { error: "letters, digits, dot, underscore and -" })
  .refine((name) => name !== "master", { error: "not `master`, which is Keycloak's own" });
const realmTemplate = z
  .string()
  .optional()
  .describe(
    "Realm representation, a path from the environment file. Default: the kit's realm-templates/oidc.json",
  );
/** What James's files can hold. */
const plainText = z
  .string()
  .min(1)
  .refine((text) => !/\p{Cc}|\$\{/u.test(text), {
    abort: true,
    error: "no control character, as a line break, and no ${",
  });
const distinguishedName = plainText.regex(/^[A-Za-z][\w.-]*\s*=[^\n]+$/, {
  error: "a distinguished name, as ou=people,dc=example,dc=org",
});
const attribute = z
  .string()
  .regex(/^([A-Za-z][A-Za-z0-9-]*|\d+(\.\d+)+)$/, { error: "the name of an attribute or class" });
const redisForm = "redis://host:port or rediss://user@host:port, without a password";
const smokeUser = mailAddress.optional();
const certificates = z
  .string()
  .optional()
  .describe(
    "Certificates in PEM of which the server's must be, a path from the environment file. Default: those that the images and Node.js trust",
  );
const filterForm = "one filter in parentheses, as (memberOf=cn=mail,ou=groups,dc=example,dc=org)";
const hasPossiblePort = (url: string) => URL.canParse(url) && new URL(url).port !== "0";
const urlForm = "ldap://host:port or ldaps://host:port";
const directoryUrl = z
  .string()
  .regex(/^ldaps?:\/\/[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?:\d+$/, { abort: true, error: urlForm })
  .refine(hasPossiblePort, { error: urlForm });
const directory = z
  .strictObject({
    url: directoryUrl.describe(
      "Where it is, by a name that containers resolve: `ldap://host:port` or `ldaps://host:port`",
    ),
    furtherUrls: z
      .array(directoryUrl)
      .optional()
      .describe("Further servers of it, asked in this order when those before do not answer. Default: none"),
    startTls: z
      .boolean()
      .optional()
      .describe(
        "Whether connections to `ldap://` go on with TLS before anything is said on them (StartTLS); what has no TLS then is not used. Default: false",
      ),
    usersDn: distinguishedName.describe("Where its people are"),
    bindDn: plainText.describe(
      "Who searches, with the password of secret `directoryBind` (`KIT_SECRET_DIRECTORY_BIND`)",
    ),
    ca: certificates,
    preset: z
      .enum(["activeDirectory"])
      .optional()
      .describe(
        "What the directory is, for the defaults of the settings below. activeDirectory: people are of class user, no computers, no disabled accounts, logins by sAMAccountName, first names of givenName, objectGUID, below sub-entries too; Keycloak reads the state of accounts. Default: any LDAP v3 server",
      ),
    userObjectClass: attribute
      .optional()
      .describe("Object class of people. Default: as the realm template says, the kit's: inetOrgPerson"),
    loginAttribute: attribute
      .optional()
      .describe(
        "By which people log in to Keycloak, beside their mail address. Default: as the realm template says, the kit's: uid",
      ),
    firstNameAttribute: attribute
      .optional()
      .describe("Their first name. Default: as the realm template says, the kit's: cn"),
    mailAttribute: attribute.optional().describe("Their mail address. Default: mail"),
    uuidAttribute: attribute
      .optional()
      .describe(
        "What never changes of an entry: entryUUID, objectGUID, nsUniqueId. Default: as the realm template says, the kit's: entryUUID",
      ),
    filter: plainText
      .regex(/^\(.*\)$/s, { abort: true, error: filterForm })
      .refine(isFilter, { error: filterForm })
      .optional()
      .describe("Further condition on people, an LDAP filter in parentheses"),
    subtree: z
      .boolean()
      .optional()
      .describe(
        "Whether people are found below sub-entries of `usersDn` too. Default: as the realm template says, the kit's: false. James always looks there",
      ),
  })
  .optional()
  .describe(
    "A directory of your own, any LDAP v3 server, instead of the kit's: `people` and `ldif` are left out with it",
  );
const webUrl = (example: string, forbidden = /#/) =>
  z
    .string()
    .refine(
      (text) =>
        isWebUrl(text) && !/[\\$]/.test(text) && !forbidden.test(text) && new URL(text).username === "",
      {
        error: `an http or https URL, as ${example}`,
      },
    )
    .meta({ format: "uri" });
const keycloak = z
  .strictObject({
    url: webUrl("https://sso.example.org/auth", /[?#]|\/$/).describe(
      "Base URL, before `/realms`, by a name that containers and clients resolve",
    ),
    ca: certificates,
    admin: z
      .strictObject({
        user: plainText.describe("Login name; the password is secret `keycloakAdmin`"),
        realm: z.string().min(1).default("master").describe("Realm that the user is in"),
      })
      .optional()
      .describe(
        "Who may manage the clients of the realm: the kit makes its own there. Default: nobody; `client show` tells what the realm's administrator is to create, and `up` asks whether it was",
      ),
  })
  .optional()
  .describe(
    "A Keycloak of your own, which has the `realm` and its users: of it nothing is deployed, and of the realm nothing changed but the clients",
  );
const openid = z
  .strictObject({
    issuer: webUrl("https://auth.example.org", /[?#]/).describe("The `iss` of its tokens, to the letter"),
    jwksUrl: webUrl("https://auth.example.org/jwks").describe(
      "Where its keys are, `jwks_uri` of its discovery document",
    ),
    introspectionUrl: webUrl("https://auth.example.org/introspect")
      .optional()
      .describe(
        "Where tokens are asked about (RFC 7662), `introspection_endpoint` of its discovery document. Default: nowhere: a token is good until it expires, whoever has logged out",
      ),
    userClaim: plainText
      .default("email")
      .describe("Claim of its access tokens that is the user's mail address"),
    audience: plainText
      .default("james")
      .describe(
        "Audience that its access tokens must have, so that those of other applications open no mailbox",
      ),
    ca: certificates,
  })
  .optional()
  .describe(
    "Any other OpenID provider, instead of a Keycloak: its access tokens must be JWTs. `client show` tells what is to be registered there, and `up` asks whether it was",
  );
const people = z.union([
  z
    .array(
      z.strictObject({
        mail: mailAddress.describe("Mail address and login name"),
        firstName: z.string().min(1).optional().describe("Default: the part before the @"),
        lastName: z.string().min(1).optional().describe("Default: the part before the @"),
      }),
    )
    .min(1),
  z.strictObject({
    generate: z
      .int()
      .min(1)
      .max(1000)
      .describe("How many, for tests: `person-001`, `person-002` and so on, of the mail domain"),
  }),
]);
const directAccessGrants = z
  .boolean()
  .default(false)
  .describe(
    "Whether it takes people's passwords itself (password grant): for trying out; `plan` names such clients",
  );
const clientSettings = {
  allowWildcards: z
    .boolean()
    .default(false)
    .describe("Whether redirect URIs may end in `/*`, below a path of their own: for trying out"),
  oidc: section({
    redirectUris: z
      .array(redirectUri)
      .min(1)
      .default(["http://localhost:3000/callback"])
      .describe("Where web clients come back to after login"),
    webOrigins: z
      .array(origin)
      .default(["http://localhost:3000"])
      .describe("Origins of web clients, for CORS"),
    requirePkce: z
      .boolean()
      .optional()
      .describe(
        "Whether logins without PKCE (S256) are refused; false is for trying out. Default: as the realm template says, the kit's: true",
      ),
    directAccessGrants,
  }).describe("Public client `oidc`: web clients on JMAP"),
  thunderbird: section({
    redirectUris: z
      .array(redirectUri)
      .min(1)
      .default(["http://localhost", "https://localhost"])
      .describe("Where Thunderbird comes back to after login"),
    directAccessGrants,
  }).describe("Confidential client `james-thunderbird`"),
  others: z
    .array(
      z.strictObject({
        name: z
          .string()
          .max(100)
          .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, {
            error: "words of a-z and 0-9, joined by -, a letter first, at most 100 characters",
          })
          .describe("Client id"),
        kind: z
          .enum(["public", "confidential"])
          .describe("public: runs on users' devices or in browsers; confidential: can keep a secret"),
        redirectUris: z.array(redirectUri).min(1).describe("Where it comes back to after login, exactly"),
        webOrigins: z
          .array(origin)
          .optional()
          .describe("Origins for CORS. Default: those of the redirect URIs of a public client"),
        directAccessGrants,
        description: z
          .string()
          .min(1)
          .optional()
          .describe("What it is, for the login page and administrators"),
      }),
    )
    .default([])
    .describe(
      "Further mail clients: authorization code with PKCE, tokens that James and the gateway take. `client show` tells what to configure them with",
    ),
};
const clients = z
  .strictObject(clientSettings)
  .superRefine(({ allowWildcards, oidc, thunderbird, others }, { addIssue }) => {
    const places: [PropertyKey[], readonly string[]][] = [
      [["oidc"], oidc.redirectUris],
      [["thunderbird"], thunderbird.redirectUris],
      ...others.map(({ redirectUris }, index): [PropertyKey[], string[]] => [
        ["others", index],
        redirectUris,
      ]),
    ];
    for (const [client, uris] of places) {
      for (const [index, uri] of uris.entries()) {
        const found = allowWildcards ? tailProblem(uri) : wildcardProblem(uri);
        const path = [...client, "redirectUris", index];
        const params = found && {
          ...found,
          ...(!allowWildcards && { fix: "Or say clients.allowWildcards: true" }),
        };
        if (params) addIssue({ code: "custom", path, message: params.what, params });
      }
    }
  })
  .prefault({} as never)
  .describe("Clients of the realm");

export const settingsSchema = z.strictObject({
  name: z
    .string()
    .regex(environmentNamePattern, { error: environmentNameForm })
    .optional()
    .describe("Prefix of everything on the engine. Default: the file's name"),
  domain: hostName.default("localhost").describe("Mail domain, and by it the LDAP suffix"),
  bind: z
    .ipv4({ error: "an IPv4 address" })
    .default("127.0.0.1")
    .describe("Address that published ports listen on"),
  images: z
    .enum(["registry", "built"])
    .default("registry")
    .describe("Where images come from: an image registry, or built here from package registries"),
  imageReferences: section({
    keycloak: reference("keycloak", "Keycloak"),
    james: withJames(
      reference(
        "james",
        "James; the tag must name flavour and release (docs/james.md says which are right). `up` adds the kit's extension to 3.8, unless the tag ends in `-kit`: it is in there",
      ),
    ),
    jamesPostgres: withPostgresJames(
      reference(
        "jamesPostgres",
        "James for `storage: durable`, which keeps mail in PostgreSQL; the tag must name flavour and release. `up` adds the kit's extension to 3.9, unless the tag ends in `-kit`",
      ),
    ),
    jdk: reference("jdk", "a JDK, 21 or newer, which compiles that extension; it does not run"),
    ldap: reference("ldap", "OpenLDAP: Debian's slapd, or one with its paths"),
    redis: reference("redis", "Redis"),
    postgres: reference(
      "postgres",
      "PostgreSQL 15, 16 or 17, on Debian; from one major release to another by `backup create` and `restore`",
    ).refine((text) => /:1[567]\.[^/]*$/.test(text), {
      error: "a tag that names a release of PostgreSQL 15, 16 or 17, as 15.18-bookworm",
    }),
    apisix: withRelease(reference("apisix", "APISIX; the tag must name the release"), "3.18.0-debian"),
    apisixJavaPlugin: withRelease(
      reference("apisixJavaPlugin", "APISIX with the Java plugin, for `revocation: linagora-java-plugin`"),
      "3.2.0-debian-javaplugin",
    ),
  } satisfies Record<keyof ImageReferences, z.ZodType>).describe(
    "Where images come from with `images: registry`: a mirror, a private registry, another release",
  ),
  storage: z
    .union(
      [
        storageKind,
        z.strictObject({ identity: storageKind, mail: storageKind } satisfies Record<StoredData, z.ZodType>),
      ],
      { error: "memory, durable, or an object with one of them for each of identity and mail" },
    )
    .default("memory")
    .describe(
      "Whether what people have lasts: `durable` keeps accounts, sessions and mail at whatever restart, replacement and new image, `memory` is for trying out and for tests. Of accounts and mail apart: `{ identity: durable, mail: memory }`. [storage.md](storage.md)",
    ),
  backup: section({
    recipients: z
      .array(z.string().regex(/^age1[0-9a-z]+$/, "a recipient of age, age1…"))
      .default([])
      .describe(
        "Who can read backups: recipients of age, whose identities are kept elsewhere; `backup create --recipient` names others",
      ),
    folder: z
      .string()
      .min(1)
      .default("backups")
      .describe(
        "Folder of backups, below the one where commands are run, or `s3://bucket/prefix`; `--folder` names another",
      ),
    s3: section({
      endpoint: z
        .string()
        .refine(isBaseUrl, { error: "a URL without query, as https://s3.example.org" })
        .optional()
        .describe("URL of the S3 store. Default: that of `AWS_ENDPOINT_URL_S3`, else AWS's"),
      region: z
        .string()
        .min(1)
        .optional()
        .describe("Its region. Default: that of `AWS_REGION`; `us-east-1` with an endpoint"),
      pathStyle: z
        .boolean()
        .optional()
        .describe(
          "Whether the bucket is named in the path, not in the host name. Default: true with an endpoint, else false",
        ),
    }).describe(
      "Where the S3 store of backups is. Who comes there is told by `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or as else programs of AWS are told",
    ),
  }).describe("Backups of a durable environment (docs/backup.md)"),
  gateway: z
    .enum(["apisix", "httpd"])
    .optional()
    .describe(
      "Which gateway stands before JMAP. Default: apisix, and httpd where images are built: no APISIX can be",
    ),
  revocation: z
    .enum(["redis", "introspection", "linagora-java-plugin"])
    .optional()
    .describe(
      "How the gateway learns of a logout: Keycloak tells it and Redis keeps it; or it asks Keycloak about each token; or the Java plugin of the reference example does. Default: redis with apisix; httpd has introspection only",
    ),
  identity: z
    .enum(["import", "provider"])
    .optional()
    .describe(
      "How Keycloak gets its realm: imported at start, where a change replaces it; or by Keycloak's Terraform provider, change by change. Default: import; of a `keycloak` of your own with an administrator the provider makes the clients",
    ),
  deletionProtection: z
    .boolean()
    .default(true)
    .describe(
      "Whether removing or replacing the realm, a user federation or a James with mail is refused unless `up --allow-loss` names it; `down` removes them all the same",
    ),
  directGrants: z
    .boolean()
    .default(false)
    .describe(
      "Whether client `kit-smoke` exists, which takes passwords directly: for tests. Of other clients: `clients.oidc.directAccessGrants` and the like",
    ),
  passwords: section({
    jmap: passwords("JMAP: HTTP Basic, on the paths without `/oidc`"),
    imap: passwords("IMAP: LOGIN and AUTHENTICATE PLAIN"),
    smtp: passwords("SMTP submission: AUTH PLAIN and LOGIN"),
    sieve: passwords("ManageSieve: PLAIN. Without them it is off where James has no bearer tokens on it"),
  } satisfies Record<PasswordProtocol, z.ZodType>).describe(
    "Where James takes passwords beside bearer tokens: false leaves single sign-on only",
  ),
  hosts: section({
    keycloak: host("keycloak", "Keycloak, as browsers and mail clients see it"),
    gateway: host("gateway", "the gateway, as clients see it"),
    james: host("james", "James on the environment's network"),
    ldap: host("ldap", "OpenLDAP on the environment's network"),
    redis: host("redis", "Redis on the environment's network"),
    postgres: host("postgres", "PostgreSQL on the environment's network, where something is durable"),
    certificates: host("certificates", "what keeps the certificates, on the environment's network"),
  } satisfies Record<Service, z.ZodType>).describe("DNS names"),
  public: section({
    gateway: publicGateway,
    keycloak: publicUrl("https://login.example.org/auth").describe(
      "Base URL of Keycloak as people's programs see it, by which tokens name their issuer. Default: its host name and published port, with /auth",
    ),
    keycloakAdmin: publicUrl("https://admin.example.org/auth").describe(
      "Base URL of Keycloak's administration, where that is another. Default: that of Keycloak",
    ),
    mail: publicMail,
  }).describe(
    "Names under which people's programs find the platform, where these are others than `hosts` and `ports` make: on port 443, say, or behind a proxy",
  ),
  tls: tlsSettings,
  proxy: z
    .strictObject({
      trusted: z
        .array(z.union([z.ipv4(), z.cidrv4()], { error: "an IPv4 address, or a network as 192.0.2.0/24" }))
        .min(1)
        .describe(
          "Addresses and networks from which it connects: nobody else is believed about a client's address. 127.0.0.1 stands for programs of this machine",
        ),
      protocol: z
        .enum(["forwarded", "proxy-v2"])
        .describe(
          "How it tells the address of a client: by X-Forwarded-For, on HTTP alone, or by the PROXY protocol, version 2, with which each of its connections must begin",
        ),
      mail: z
        .enum(["proxy-v2", "direct"])
        .optional()
        .describe(
          "How it does on IMAP, SMTP and ManageSieve. Default: proxy-v2 with `protocol: proxy-v2`; else clients connect to these ports directly",
        ),
    })
    .optional()
    .describe("A proxy of yours before the published ports. Default: none, who connects is the client"),
  ports: section({
    keycloak: port
      .nullable()
      .default(8080)
      .describe("Port of Keycloak; null: the gateway passes its host on, by the gateway's port"),
    keycloakAdmin: port
      .default(defaultTlsPorts.keycloakAdmin)
      .describe(
        "Port of Keycloak without TLS on 127.0.0.1, for the kit and Terraform: published where `keycloak` has TLS or is null",
      ),
    gateway: publish(9080, "the gateway: JMAP"),
    http: port
      .nullable()
      .default(defaultTlsPorts.http)
      .describe(
        "Port of plain HTTP that leads to HTTPS, and answers those who issue certificates; null: not published. Published where the gateway has TLS",
      ),
    imap: publish(143, "IMAP, with STARTTLS where mail has TLS"),
    smtp: publish(587, "SMTP submission, with STARTTLS where mail has TLS"),
    sieve: publish(4190, "ManageSieve, with STARTTLS where mail has TLS"),
    imaps: tlsPort(defaultTlsPorts.imaps, "IMAP"),
    submissions: tlsPort(defaultTlsPorts.submissions, "SMTP submission"),
    webadmin: port
      .nullable()
      .default(null)
      .describe("Port of James's administration API, which knows no users; null: not published"),
  }).describe("Published ports, on the address `bind`"),
  realm: section({
    name: realmName.default("oidc").describe("Name of the realm"),
    template: realmTemplate,
  }).describe("Keycloak's realm"),
  clients,
  realms: z
    .array(
      z.strictObject({
        name: realmName.max(31).describe("Name of the realm"),
        template: realmTemplate,
        domain: hostName.describe("Mail domain of its people"),
        hosts: z
          .strictObject({ gateway: hostName.describe("DNS name of the gateway for its people") })
          .describe("DNS names"),
        public: section({ gateway: publicGateway, mail: publicMail }).describe(
          "Names under which its people's programs find it, as `public` above",
        ),
        ports: z
          .strictObject({
            imap: port.describe("Port of IMAP"),
            smtp: port.describe("Port of SMTP submission"),
            sieve: port.describe("Port of ManageSieve"),
            imaps: port.optional().describe("Port of IMAP that begins with TLS. Default: none"),
            submissions: port
              .optional()
              .describe("Port of SMTP submission that begins with TLS. Default: none"),
          })
          .describe("Published ports: James knows one realm for each listener"),
        clients,
        people: people
          .optional()
          .describe(
            "Who has a mailbox, as `people` below; the first one runs the smoke test of this realm. Needed but with `directory`",
          ),
        usersDn: distinguishedName
          .optional()
          .describe("Where its people are in the `directory`: needed with one"),
        openid,
        smokeUser: smokeUser.describe("As `smokeUser` above, of this realm"),
      }),
    )
    .default([])
    .describe(
      "Further realms, each with people, a mail domain, clients, a host name of the gateway and ports of its own",
    ),
  drift: section({
    allow: z
      .array(z.string().min(1))
      .default([])
      .describe(
        "What `drift` leaves alone: object and path as it prints them, `client web.description`; * stands for anything",
      ),
  }).describe("How the running realm is compared"),
  introspection: section({
    intervalSeconds: z
      .int()
      .min(0)
      .max(3600)
      .default(0)
      .describe(
        "How long the gateway trusts an answer of Keycloak about a token, in seconds; 0: asks every time",
      ),
  }).describe("How the gateway asks Keycloak about tokens, with `revocation: introspection`"),
  keycloak,
  openid,
  smokeUser: smokeUser.describe(
    "Mail address of somebody as whom the smoke test logs in. Where the directory, or who logs people in, is not the kit's, the password is that of `KIT_SECRET_<MAIL>`. Default: the first of `people` where all is the kit's, else nobody; steps that need somebody are left out",
  ),
  people: people
    .optional()
    .describe(
      "Who has a mailbox: a list, or `{ generate: 50 }` for so many that are made up for tests, `person-001` and so on, 1000 at most; passwords are generated, see `secrets show`. The first one runs the smoke test. Default: `james-user` of the mail domain",
    ),
  mailboxes: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Folder with mail that `up` puts into mailboxes that are empty, a path from the environment file: `<mail address>/<mailbox>/*.eml`, `everyone` in the place of an address for all of `people`. Default: none. [pipelines.md](pipelines.md#people-for-tests)",
    ),
  directory,
  redis: z
    .strictObject({
      url: z
        .string()
        .regex(/^rediss?:\/\/([A-Za-z0-9._~-]+@)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?$/, {
          abort: true,
          error: redisForm,
        })
        .refine(hasPossiblePort, { error: redisForm })
        .describe(
          "Where it is, by a name that containers resolve: `redis://host:port`, `rediss://host:port` with TLS, `rediss://user@host:port` as a user of its ACL. Without a port: 6379",
        ),
      ca: z
        .string()
        .optional()
        .describe(
          "Certificates in PEM of which the server's must be, a path from the environment file: needed with `rediss://`",
        ),
    })
    .optional()
    .describe(
      "A Redis of your own instead of the kit's, with the password of secret `redis` (`KIT_SECRET_REDIS`)",
    ),
  postgres: z
    .strictObject({
      host: z
        .string()
        .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, { error: "a host name or address" })
        .describe("Where it is, by a name that containers resolve"),
      port: port.default(postgresPort).describe("Port of PostgreSQL"),
      tls: z
        .boolean()
        .default(true)
        .describe("Whether it is reached by TLS, with a certificate of `host`; without, all is in clear"),
      ca: z
        .string()
        .optional()
        .describe(
          "Certificates in PEM of which the server's must be, a path from the environment file. Default: those that the images trust",
        ),
      keycloak: section({
        database: z.string().default("keycloak").describe("Name of the database of Keycloak"),
        user: z
          .string()
          .default("keycloak")
          .describe(
            "Role that owns it, with the password of secret `keycloakDatabase` (`KIT_SECRET_KEYCLOAK_DATABASE`)",
          ),
      }).describe("Database of Keycloak, which makes tables in it"),
      james: section({
        database: z.string().default("james").describe("Name of the database of James"),
        user: z
          .string()
          .default("james")
          .describe(
            "Role that owns it, with the password of secret `jamesDatabase` (`KIT_SECRET_JAMES_DATABASE`)",
          ),
      }).describe("Database of James, which makes tables in it"),
    })
    .optional()
    .describe(
      "A PostgreSQL of your own, 13 or newer, instead of the kit's, for what is durable (`storage`). The databases and roles are there already",
    ),
  ldif: z
    .array(z.string())
    .default([])
    .describe(
      "LDIF files with further entries, parents first, paths from the environment file; what `slapcat` writes is taken as it is. `up` and `plan` ask the server that will read them before anything is changed",
    ),
  capacity: z
    .strictObject({
      people: z.int().min(1).max(1_000_000).describe("How many people with a mailbox are expected"),
      sessions: z
        .int()
        .min(1)
        .max(1_000_000)
        .optional()
        .describe("Sessions of people who are logged in at a time. Default: `people`"),
      mailPerPersonMb: z
        .int()
        .min(1)
        .max(1024 * 1024)
        .optional()
        .describe(
          "Mail that each of them keeps, in MiB. Default: `limits.quotaMb` where it is written; else nothing follows from mail",
        ),
    })
    .optional()
    .describe(
      "How many people are expected: what `resources` and `limits` do not say follows from it, and `plan` tells what is too small for them. [capacity.md](capacity.md)",
    ),
  resources: section({
    certificates: section({ memoryMb: limit("certificates"), cpus }),
    redis: section({ memoryMb: limit("redis"), cpus }),
    postgres: section({ memoryMb: limit("postgres", 64), cpus }),
    ldap: section({ memoryMb: limit("ldap"), cpus }),
    gateway: section({ memoryMb: limit("gateway"), cpus }),
    james: section({ memoryMb: limit("james"), cpus, heapMb: heap("james", jamesMemory.leastHeap) }),
    keycloak: section({
      memoryMb: limit("keycloak"),
      cpus,
      heapMb: heap(
        "keycloak",
        keycloakMemory.leastHeap.built,
        `, ${keycloakMemory.leastHeap.registry} with \`images: registry\``,
      ),
    }),
  } satisfies Record<Service, z.ZodType>).describe("Limits"),
  limits: section({
    messageMb: mebibytes("Largest mail, by SMTP, IMAP or JMAP", "a 24th of James's heap"),
    uploadMb: mebibytes("Largest upload by JMAP", "`messageMb`"),
    uploadsPerPersonMb: mebibytes("Uploads of one person within an hour", "1.5 times `messageMb`"),
    uploadsMb: mebibytes(
      "Uploads of all that are kept, the newest, only where mail is in memory",
      "twice `messageMb`",
    ),
    quotaMb: mebibytes("All mail of one person", "half of `mailMb`; where mail is durable, no bound"),
    mailMb: mebibytes(
      "All mail of all, only where it is in memory",
      "what the heap can hold beside the others",
    ),
    connections: z
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe("Open connections of IMAP, SMTP and ManageSieve, each. Default: twice James's heap in MiB"),
  } satisfies Record<JamesLimit, z.ZodType>).describe(
    "What people may keep in James and send at once. Its heap (`resources.james.heapMb`) holds all of it, and what does not fit it is refused",
  ),
  startTimeoutSeconds: z
    .int()
    .min(5)
    .max(3600)
    .optional()
    .describe(
      "How long a deployment waits for a service to become healthy, in seconds. Default: 180, with two processors 360, with one 720",
    ),
  secrets: z
    .partialRecord(z.string(), z.string().min(1))
    .default({})
    .describe("Secrets in clear, only for throw-away environments; all others are generated"),
});

/** What an environment file says, defaults filled in. */
export type Settings = z.output<typeof settingsSchema>;
