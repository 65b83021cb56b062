import * as z from "zod";
import { isWebUrl } from "../kit/web-url";

const variable = z.string().regex(/^[A-Z][A-Z0-9_]*$/, { error: "a variable's name, as CLOUDFLARE_EMAIL" });
const modes = z.enum(["off", "own", "files", "acme"]);
const listener = (what: string) =>
  modes.optional().describe(`Where the certificates of ${what} come from. Default: as \`mode\` says`);
const pem = (what: string) =>
  z.string().min(1).describe(`${what} in PEM: a path from the environment file, or the text itself`);

export const tlsSettings = z
  .strictObject({
    mode: modes
      .default("off")
      .describe(
        "Where certificates come from: `own`, an authority of the environment's own (`ca show` tells it); `files`; `acme`, an authority as Let's Encrypt; `off`, no TLS",
      ),
    gateway: listener("the gateway"),
    keycloak: listener("Keycloak"),
    mail: listener("IMAP, SMTP and ManageSieve"),
    files: z
      .array(
        z.strictObject({
          chain: pem("Certificate, and those between it and a root,"),
          key: pem("Its private key, without a passphrase,"),
        }),
      )
      .default([])
      .describe(
        "Certificates for `files`, each shown for the names that it holds. `up` brings new ones to running services, which go on",
      ),
    acme: z
      .strictObject({
        directory: z
          .union([z.literal("staging"), z.string().refine(isWebUrl)], {
            error: "staging, or the URL of an ACME directory",
          })
          .optional()
          .describe(
            "URL of the authority's directory, or `staging` for that of Let's Encrypt which nobody trusts. Default: Let's Encrypt's",
          ),
        email: z.email().optional().describe("Where it writes to about certificates. Default: nowhere"),
        externalAccount: z
          .string()
          .min(1)
          .optional()
          .describe(
            "Id of the key of an account there, for authorities that ask for one (EAB); the key is secret `acmeExternalAccount`. Default: none",
          ),
        dns: z
          .strictObject({
            provider: z
              .string()
              .regex(/^[a-z0-9-]+$/, { error: "a provider's code, as cloudflare" })
              .describe("Code of the provider of DNS, of those of https://go-acme.github.io/lego/dns/"),
            variables: z
              .record(variable, z.string())
              .default({})
              .describe("Its variables that are no secrets"),
            secrets: z
              .array(variable)
              .default([])
              .describe(
                "Names of those that are: each is a secret of this name, as `KIT_SECRET_CLOUDFLARE_DNS_API_TOKEN` gives it",
              ),
          })
          .optional()
          .describe(
            "Prove names by DNS records. Default: by HTTP, through the gateway, which the authority must reach on port 80",
          ),
        ca: z
          .string()
          .optional()
          .describe(
            "Certificates in PEM of which the directory's own must be, a path from the environment file. Default: those that the image trusts",
          ),
      })
      .optional()
      .describe("Who issues certificates with `acme`, and how names are proved to it"),
    ca: z
      .string()
      .optional()
      .describe(
        "Certificates in PEM of the authority behind `files` or `acme`, where clients do not trust it by themselves: a path from the environment file. `smoke` and `doctor` go by it. Default: those that this machine trusts",
      ),
    internal: z
      .boolean()
      .default(false)
      .describe(
        "Whether the services reach the kit's own directory (LDAPS), Redis and PostgreSQL by TLS, too, with certificates of the environment's own authority: where their network is not on one machine",
      ),
    allowCleartext: z
      .boolean()
      .default(false)
      .describe("Whether listeners without TLS may be published at an address that others reach"),
  })
  .prefault({})
  .describe("TLS of what is published");

export type TlsSettings = z.output<typeof tlsSettings>;
