import { dnsProvider } from "../../constructs/certificates/dns-providers";
import { jamesCapabilities } from "../../constructs/james/capabilities";
import { trustedProxyProblem } from "../../constructs/workload/trusted-proxy";
import type { PlatformModel, WantedCertificate } from "../model/platform-model";
import { tlsListeners } from "../model/platform-spec";
import { behindLocalProxy } from "../model/proxy";
import { at, type Path, type PlatformProblem, type PlatformRule } from "./rule";

const withTls = "Say tls.mode: own, files or acme";

/** A name that people are told must have the scheme of what is there: the gateway's or Keycloak's listener, or a proxy before it. */
const publicNames: PlatformRule = ({ realms, services: { keycloak, gateway }, proxy }) => {
  const named = (path: Path, scheme: "http" | "https", hasTls: boolean): PlatformProblem[] => [
    ...at(
      path,
      scheme === "https" &&
        !hasTls &&
        !proxy && {
          what: "nothing there has TLS: nobody could connect",
          got: "https",
          fix: `${withTls}, or name the proxy that has it (proxy)`,
        },
    ),
    ...at(
      path,
      scheme === "http" &&
        hasTls && { what: "what listens there has TLS", got: "http", fix: "Write https://" },
    ),
  ];
  return [
    ...realms.flatMap((realm, index) =>
      named(["realms", index, "public", "gateway"], realm.gateway.scheme, gateway.tls !== undefined),
    ),
    ...(keycloak.managed
      ? [
          ...named(
            ["public", "keycloak"],
            keycloak.endpoint.scheme,
            keycloak.tlsPort !== undefined || (keycloak.behindGateway && gateway.tls !== undefined),
          ),
          ...at(
            ["public", "keycloak"],
            keycloak.endpoint.path !== "/auth" &&
              !keycloak.behindGateway &&
              !proxy && {
                what: "Keycloak itself answers below /auth alone",
                got: keycloak.url,
                fix: "Write /auth behind the host, or let the gateway pass it on (ports.keycloak: null)",
              },
          ),
        ]
      : []),
  ];
};

const believedProxies: PlatformRule = ({ proxy }) =>
  at(["proxy", "trusted"], (proxy && trustedProxyProblem(proxy)) ?? false);

/** Keycloak has one answer for all who connect: proxies and the platform's own services. */
const keycloakBehindProxy: PlatformRule = ({ services: { keycloak }, proxy }) =>
  at(
    ["proxy", "protocol"],
    proxy?.protocol === "proxy-v2" &&
      keycloak.managed &&
      !keycloak.behindGateway && {
        what: "Keycloak takes the PROXY protocol from everybody or nobody, the platform's services included",
        got: proxy.protocol,
        fix: "Let the gateway pass it on (ports.keycloak: null), or say forwarded",
      },
  );

/** Names and ports that do not go with what listens. */
const idleNames: PlatformRule = ({ services: { keycloak }, realms }) => [
  ...at(
    ["public", "keycloak"],
    keycloak.behindGateway &&
      realms.some((realm) => realm.gateway.host === keycloak.endpoint.host) && {
        what: "the gateway tells Keycloak and JMAP apart by their hosts, which are one",
        got: keycloak.endpoint.host,
        fix: "Give each a host of its own",
      },
  ),
  ...at(
    ["public", "keycloak"],
    keycloak.managed &&
      keycloak.behindGateway &&
      keycloak.endpoint.port !== realms[0].gateway.port && {
        what: "the gateway passes Keycloak's host on, which is then at the gateway's port",
        got: keycloak.endpoint.port,
        allowed: `${realms[0].gateway.port}`,
      },
  ),
  ...realms.flatMap(({ ports }, index) =>
    (["imaps", "submissions"] as const).flatMap((port) =>
      at(
        ["realms", index, "ports", port],
        ports[port] !== undefined &&
          realms[index]?.mailHost === undefined && {
            what: "mail has no TLS",
            got: ports[port],
            fix: `${withTls}, or leave it out`,
          },
      ),
    ),
  ),
];

/** A name for which none of the given certificates is good. */
const coveredNames: PlatformRule = ({ certificates, tls: { files = [] } }) =>
  certificates.flatMap(({ from, file, hosts: [host], listener }) =>
    at(
      ["tls", "files"],
      from === "files" &&
        file === undefined && {
          what: `none of them is good for ${host}, the name of ${inWords[listener]}`,
          got: files.flatMap(({ hosts }) => hosts),
          fix: "Add one that names it, or change the name",
        },
    ),
  );

const usedSections: PlatformRule = ({ certificates, tls: { files = [], acme }, services: { gateway } }) => {
  const used = (from: string) => certificates.some((certificate) => certificate.from === from);
  return [
    ...files.flatMap((_, index) =>
      at(
        ["tls", "files", index],
        !certificates.some(({ file }) => file === index) && {
          what: "no listener shows it",
          fix: "Leave it out, or say files as the mode of a listener whose name it holds",
        },
      ),
    ),
    ...at(
      ["tls", "acme"],
      acme !== undefined && !used("acme") && { what: "no listener's mode is acme", fix: "Leave it out" },
    ),
    ...at(
      ["tls", "acme", "dns"],
      used("acme") &&
        acme?.dns === undefined &&
        gateway.tls?.redirectPort === undefined && {
          what: "names are proved by HTTP, and the gateway has no port for it",
          fix: "Say ports.http and a tls.gateway other than off, or prove names by DNS",
        },
    ),
  ];
};

/** No public authority issues certificates for such names: https://www.iana.org/assignments/special-use-domain-names */
const unissuable =
  /^[^.]+$|\.(localhost|local|internal|test|example|invalid|home\.arpa|onion|example\.(com|net|org))$/;

const issuableNames: PlatformRule = ({ certificates, tls: { acme } }) =>
  certificates.flatMap(({ from, hosts: [host], listener }) =>
    at(
      ["tls", listener],
      from === "acme" &&
        (acme?.directory === undefined || acme.directory === "staging") &&
        unissuable.test(host) && {
          what: `no public authority issues a certificate for the name of ${inWords[listener]}`,
          got: host,
          fix: "Give it a name of your own (public), or an authority of yours (tls.acme.directory), or say own",
        },
    ),
  );

const knownProvider: PlatformRule = ({ tls: { acme } }) =>
  at(
    ["tls", "acme", "dns", "provider"],
    acme?.dns !== undefined &&
      dnsProvider(acme.dns.provider) === undefined && {
        what: "no provider of DNS that lego knows",
        got: acme.dns.provider,
        allowed: "a code of https://go-acme.github.io/lego/dns/",
      },
  );

/** What James does with the kit's classes only. */
const mailOfJamesAlone: PlatformRule = ({ tls, proxy, services: { james } }) => {
  if (jamesCapabilities(james.release).kitExtension) return [];
  const fix = "Run a James of 3.8, which has the kit's extension";
  return [
    ...at(
      ["tls", "mail"],
      tls.mail !== "off" && {
        what: "James alone takes passwords and tokens before STARTTLS, on SMTP and ManageSieve",
        got: james.release,
        fix: `${fix}, or say off and let a proxy have TLS`,
      },
    ),
    ...at(
      ["proxy", "mail"],
      proxy !== undefined &&
        (proxy.mail ?? proxy.protocol) === "proxy-v2" && {
          what: "James alone believes everybody who says by the PROXY protocol where he comes from",
          got: james.release,
          fix: `${fix}, or say direct`,
        },
    ),
  ];
};

const inWords: Readonly<Record<WantedCertificate["listener"], string>> = {
  gateway: "the gateway",
  keycloak: "Keycloak",
  mail: "IMAP, SMTP and ManageSieve",
  internal: "the directory, Redis and PostgreSQL",
};

/** What is published without TLS where others reach it. */
export function cleartextListeners(model: PlatformModel, bind: string): string[] {
  if (bind.startsWith("127.")) return [];
  const {
    tls,
    services: { keycloak, james },
  } = model;
  const { web, mail } = behindLocalProxy(model);
  const plain = tlsListeners
    .filter((listener) => !(listener === "mail" ? mail : web))
    .filter((listener) => tls[listener] === "off")
    .filter((listener) => listener !== "keycloak" || (keycloak.managed && !keycloak.behindGateway))
    .map((listener) => inWords[listener]);
  return [...plain, ...(james.webadmin === null ? [] : ["James's administration"])];
}

export const tlsRules: readonly PlatformRule[] = [
  publicNames,
  believedProxies,
  keycloakBehindProxy,
  idleNames,
  coveredNames,
  usedSections,
  issuableNames,
  knownProvider,
  mailOfJamesAlone,
];
