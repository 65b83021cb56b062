import { isIP } from "node:net";
import type { Problem } from "../../kit/errors";
import type { ConfigFile } from "../workload/config-file";
import type { Secret } from "../workload/secret";
import { dnsProvider } from "./dns-providers";

/**
 * Who issues certificates by ACME, and how names are proved there; who names it agrees to its terms.
 * https://www.rfc-editor.org/rfc/rfc8555
 */
export interface Acme {
  /** URL of its directory, or `staging` for that of Let's Encrypt which nobody trusts. @default Let's Encrypt's */
  readonly directory?: string;
  /** Where it writes to about certificates. @default nowhere */
  readonly email?: string;
  /** An account there, for authorities that ask for one; its key is base64url. @default none */
  readonly externalAccount?: { readonly keyId: string; readonly key: Secret };
  /** Certificates in PEM, of which the directory's own must be. @default those that the image trusts */
  readonly ca?: string;
  readonly challenge: HttpChallenge | DnsChallenge;
}

/** Names are proved by a file that the authority asks for at port 80 of each; a gateway there passes it on to the store. */
export interface HttpChallenge {
  readonly kind: "http-01";
  /** Where the gateway is, on the environment's network: nothing is asked of the authority before it listens. */
  readonly gateway: { readonly host: string; readonly port: number };
}

/** Names are proved by records in the DNS, which wildcards need. */
export interface DnsChallenge {
  readonly kind: "dns-01";
  /** Code of the provider, of those of https://go-acme.github.io/lego/dns/ */
  readonly provider: string;
  /** Its variables that are no secrets; those of lego itself, as `LEGO_DNS_RESOLVERS`, can be among them. @default none */
  readonly variables?: Readonly<Record<string, string>>;
  /** Its variables that are. @default none */
  readonly secrets?: Readonly<Record<string, Secret>>;
}

const letsEncrypt = {
  production: "https://acme-v02.api.letsencrypt.org/directory",
  staging: "https://acme-staging-v02.api.letsencrypt.org/directory",
} as const;

export function directoryUrl({ directory }: Pick<Acme, "directory">): string {
  if (directory === undefined) return letsEncrypt.production;
  return directory === "staging" ? letsEncrypt.staging : directory;
}

/** Where lego answers challenges in the store's container. */
export const challengePort = 8080;

/**
 * Files of an `acme` certificate, by path below its folder: what makes it another certificate when it changes.
 * https://go-acme.github.io/lego/usage/cli/options/
 */
export function renderOrder(acme: Acme, hosts: readonly string[]): string {
  return renderVariables({
    LEGO_SERVER: directoryUrl(acme),
    LEGO_DOMAINS: hosts.join(","),
    LEGO_KEY_TYPE: "EC256",
  });
}

/** Files for all certificates of the authority, below a folder. */
export function acmeFiles(acme: Acme, folder: string): ConfigFile[] {
  const { email, externalAccount, ca, challenge } = acme;
  const isHttp = challenge.kind === "http-01";
  const variables = {
    LEGO_ACCEPT_TOS: "true",
    ...(email !== undefined && { LEGO_EMAIL: email }),
    ...(externalAccount && { LEGO_EAB: "true", LEGO_EAB_KID: externalAccount.keyId }),
    ...(ca !== undefined && { LEGO_CA_CERTIFICATES: `${folder}/ca.pem` }),
    ...(isHttp
      ? { LEGO_HTTP: "true", LEGO_HTTP_ADDRESS: `:${challengePort}` }
      : { LEGO_DNS: challenge.provider, ...challenge.variables }),
  };
  const secrets = {
    ...(externalAccount && { LEGO_EAB_HMAC: externalAccount.key }),
    ...(!isHttp && challenge.secrets),
  };
  return [
    { path: `${folder}/lego.env`, content: renderVariables(variables) },
    ...(isHttp
      ? [{ path: `${folder}/gateway`, content: `${challenge.gateway.host} ${challenge.gateway.port}\n` }]
      : []),
    ...(ca === undefined ? [] : [{ path: `${folder}/ca.pem`, content: ca }]),
    ...Object.entries(secrets).map(([name, secret]) => ({
      path: `${folder}/secrets/${name}`,
      content: secret.reveal(),
      secret: true,
    })),
  ];
}

function renderVariables(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

/** What is wrong with an authority, or with a certificate that it is to issue. */
export function acmeProblem(acme: Acme, hosts: readonly string[]): Omit<Problem, "where"> | undefined {
  const { challenge, email = "", externalAccount, directory = "staging" } = acme;
  const isHttp = challenge.kind === "http-01";
  const addresses = hosts.filter((host) => isIP(host) !== 0);
  if (addresses.length > 0) {
    return {
      what: "certificates for addresses cannot be had by ACME here",
      got: addresses,
      fix: "Give them names",
    };
  }
  const wildcards = hosts.filter((host) => host.startsWith("*."));
  if (isHttp && wildcards.length > 0) {
    return {
      what: "wildcards are proved by DNS alone",
      got: wildcards,
      fix: "Name the hosts, or take dns-01",
    };
  }
  if (directory !== "staging" && !/^https:\/\/\S+$/.test(directory)) {
    return { what: "no directory of ACME", got: directory, allowed: "an https:// URL, or staging" };
  }
  if (isHttp) return lineProblem([email, externalAccount?.keyId ?? "", externalAccount?.key.reveal() ?? ""]);
  const { provider, variables = {}, secrets = {} } = challenge;
  if (dnsProvider(provider) === undefined) {
    return {
      what: "no provider of DNS that lego knows",
      got: provider,
      allowed: "https://go-acme.github.io/lego/dns/",
    };
  }
  const names = [...Object.keys(variables), ...Object.keys(secrets)];
  const broken = names.filter((name) => !/^[A-Z][A-Z0-9_]*$/.test(name));
  if (broken.length > 0) {
    return { what: "not a variable's name", got: broken, allowed: "as CLOUDFLARE_DNS_API_TOKEN" };
  }
  const values = [...Object.values(variables), ...Object.values(secrets).map((secret) => secret.reveal())];
  return lineProblem([email, externalAccount?.keyId ?? "", externalAccount?.key.reveal() ?? "", ...values]);
}

function lineProblem(values: readonly string[]): Omit<Problem, "where"> | undefined {
  return values.some((value) => /\p{Cc}/u.test(value))
    ? { what: "a variable cannot hold a line break or another control character" }
    : undefined;
}
