import * as z from "zod";
import type { PasswordProtocol } from "../constructs/james/james-config";
import type { JamesLimit } from "../constructs/james/james-limits";
import { jamesMemory } from "../constructs/james/james-memory";
import { keycloakMemory } from "../constructs/keycloak/server/keycloak-memory";
import { imageReference } from "../constructs/workload/image";
import {
  originProblem,
  redirectUriProblem,
  tailProblem,
  wildcardProblem,
  withoutTail,
} from "../kit/client-uris";
import { dnsName } from "../kit/dns-name";
import type { Problem } from "../kit/errors";
import { mailAddressForm, mailAddressPattern } from "../kit/mail-address";
import { defaultHosts, type Service } from "../platform/addresses";
import { defaultReferences, type ImageReferences, releaseIn } from "../platform/image-references";

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
// Wildcards are judged with the client, which may be allowed them.
const redirectUri = judged((uri) => (tailProblem(uri) ? undefined : redirectUriProblem(withoutTail(uri))));
const origin = judged((uri) => wildcardProblem(uri) ?? originProblem(uri));
const memory = z
  .int()
  .min(16)
  .max(1024 * 1024);
const limit = (value: number) => memory.default(value).describe("Most memory the container may use, in MiB");
const heap = (standard: number, least: number, also = "") =>
  memory.min(least).default(standard).describe(`Largest Java heap, in MiB; ${least} or more${also}`);
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
const section = <T extends z.ZodRawShape>(shape: T) => z.strictObject(shape).prefault({} as never);

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
const distinguishedName = z
  .string()
  .regex(/^[A-Za-z][\w.-]*\s*=[^\n]+$/, { error: "a distinguished name, as ou=people,dc=example,dc=org" });
const attribute = z
  .string()
  .regex(/^([A-Za-z][A-Za-z0-9-]*|\d+(\.\d+)+)$/, { error: "the name of an attribute or class" });
const smokeUser = mailAddress.optional();
const directoryUrl = "ldap://host:port or ldaps://host:port";
const directory = z
  .strictObject({
    url: z
      .string()
      .regex(/^ldaps?:\/\/[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?:\d+$/, { error: directoryUrl })
      .refine((url) => URL.canParse(url), { error: directoryUrl })
      .describe("Where it is, by a name that containers resolve: `ldap://host:port` or `ldaps://host:port`"),
    usersDn: distinguishedName.describe("Where its people are"),
    bindDn: z
      .string()
      .min(1)
      .describe("Who searches, with the password of secret `directoryBind` (`KIT_SECRET_DIRECTORY_BIND`)"),
    ca: z
      .string()
      .optional()
      .describe(
        "Certificates in PEM of which the server's must be, a path from the environment file. Default: those that the images trust",
      ),
    userObjectClass: attribute
      .optional()
      .describe("Object class of people. Default: as the realm template says, the kit's: inetOrgPerson"),
    loginAttribute: attribute
      .optional()
      .describe(
        "By which people log in to Keycloak, beside their mail address. Default: as the realm template says, the kit's: uid",
      ),
    mailAttribute: attribute.optional().describe("Their mail address. Default: mail"),
    uuidAttribute: attribute
      .optional()
      .describe(
        "What never changes of an entry: entryUUID, objectGUID, nsUniqueId. Default: as the realm template says, the kit's: entryUUID",
      ),
    filter: z
      .string()
      .min(1)
      .optional()
      .describe("Further condition on people, an LDAP filter in parentheses"),
    subtree: z
      .boolean()
      .optional()
      .describe(
        "Whether people are found below sub-entries of `usersDn` too. Default: as the realm template says, the kit's: false. James always looks there",
      ),
    smokeUser: smokeUser.describe(
      "Mail address of somebody as whom the smoke test logs in, with the password of `KIT_SECRET_<MAIL>`. Default: nobody; steps that need somebody are left out",
    ),
  })
  .optional()
  .describe(
    "A directory of your own, any LDAP v3 server, instead of the kit's: `people` and `ldif` are left out with it",
  );
const people = z
  .array(
    z.strictObject({
      mail: mailAddress.describe("Mail address and login name"),
      firstName: z.string().min(1).optional().describe("Default: the part before the @"),
      lastName: z.string().min(1).optional().describe("Default: the part before the @"),
    }),
  )
  .min(1);
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
    .regex(/^[a-z][a-z0-9-]{0,30}$/, { error: "a-z, 0-9 and -, at most 31 characters, a letter first" })
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
    james: withRelease(
      reference(
        "james",
        "James, memory app; the tag must name the release. `up` adds the kit's extension to 3.8, unless the tag ends in `-kit`: it is in there",
      ),
      "memory-3.8.2",
    ),
    jdk: reference("jdk", "a JDK, 11 or newer, which compiles that extension; it does not run"),
    ldap: reference("ldap", "OpenLDAP: Debian's slapd, or one with its paths"),
    redis: reference("redis", "Redis"),
    apisix: withRelease(reference("apisix", "APISIX; the tag must name the release"), "3.18.0-debian"),
    apisixJavaPlugin: withRelease(
      reference("apisixJavaPlugin", "APISIX with the Java plugin, for `revocation: linagora-java-plugin`"),
      "3.2.0-debian-javaplugin",
    ),
  } satisfies Record<keyof ImageReferences, z.ZodType>).describe(
    "Where images come from with `images: registry`: a mirror, a private registry, another release",
  ),
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
    .default("import")
    .describe(
      "How Keycloak gets its realm: imported at start, where a change replaces it; or by Keycloak's Terraform provider, change by change",
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
  } satisfies Record<Service, z.ZodType>).describe("DNS names"),
  ports: section({
    keycloak: publish(8080, "Keycloak"),
    gateway: publish(9080, "the gateway: JMAP"),
    imap: publish(143, "IMAP"),
    smtp: publish(587, "SMTP submission"),
    sieve: publish(4190, "ManageSieve"),
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
        ports: z
          .strictObject({
            imap: port.describe("Port of IMAP"),
            smtp: port.describe("Port of SMTP submission"),
            sieve: port.describe("Port of ManageSieve"),
          })
          .describe("Published ports: James knows one realm for each listener"),
        clients,
        people: people
          .optional()
          .describe(
            "Who has a mailbox; the first one runs the smoke test of this realm. Needed but with `directory`",
          ),
        usersDn: distinguishedName
          .optional()
          .describe("Where its people are in the `directory`: needed with one"),
        smokeUser: smokeUser.describe("As `directory.smokeUser`, of this realm"),
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
  people: people
    .optional()
    .describe(
      "Who has a mailbox; passwords are generated, see `secrets show`. The first one runs the smoke test. Default: `james-user` of the mail domain",
    ),
  directory,
  redis: z
    .strictObject({
      host: hostName.describe("DNS name or IPv4 address by which containers reach it"),
      port: port.default(6379).describe("Its port"),
    })
    .optional()
    .describe(
      "A Redis of your own instead of the kit's, with the password of secret `redis` (`KIT_SECRET_REDIS`)",
    ),
  ldif: z
    .array(z.string())
    .default([])
    .describe(
      "LDIF files with further entries, parents first, paths from the environment file; what `slapcat` writes is taken as it is. `up` and `plan` ask the server that will read them before anything is changed",
    ),
  resources: section({
    redis: section({ memoryMb: limit(128), cpus }),
    ldap: section({ memoryMb: limit(128), cpus }),
    gateway: section({ memoryMb: limit(256), cpus }),
    james: section({
      memoryMb: limit(640),
      cpus,
      heapMb: heap(jamesMemory.defaultHeap, jamesMemory.leastHeap),
    }),
    keycloak: section({
      memoryMb: limit(768),
      cpus,
      heapMb: heap(
        keycloakMemory.defaultHeap,
        keycloakMemory.leastHeap.built,
        `, ${keycloakMemory.leastHeap.registry} with \`images: registry\``,
      ),
    }),
  } satisfies Record<Service, z.ZodType>).describe("Limits"),
  limits: section({
    messageMb: mebibytes("Largest mail, by SMTP, IMAP or JMAP", "a 24th of James's heap"),
    uploadMb: mebibytes("Largest upload by JMAP", "`messageMb`"),
    uploadsPerPersonMb: mebibytes("Uploads of one person within an hour", "1.5 times `messageMb`"),
    uploadsMb: mebibytes("Uploads of all that are kept, the newest", "twice `messageMb`"),
    quotaMb: mebibytes("All mail of one person", "half of `mailMb`"),
    mailMb: mebibytes("All mail of all", "what the heap can hold beside the others"),
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
