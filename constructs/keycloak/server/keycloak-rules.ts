import { hasControlCharacter } from "../../../kit/control-character";
import { isBaseUrl } from "../../../kit/web-url";
import type { Rule } from "../../terraform/rules";
import type { Image } from "../../workload/image";
import { certificateFor } from "../../workload/server-certificate";
import { trustedProxyProblem } from "../../workload/trusted-proxy";
import { keycloakMemory } from "./keycloak-memory";
import { defaultPort, type KeycloakServerProps, nameOf, tlsPort } from "./keycloak-server-props";

const { defaultHeap, leastHeap, besideHeap } = keycloakMemory;

const kindOf = ({ folder }: Image) => (folder === undefined ? "registry" : "built");

export const keycloakRules: Rule<KeycloakServerProps>[] = [
  {
    prop: "adminPassword",
    check: ({ adminPassword }) =>
      // A line of its file would end, and another setting begin.
      hasControlCharacter(adminPassword.reveal())
        ? { what: "a password cannot hold a line break or another control character" }
        : undefined,
  },
  {
    prop: "realms",
    check: ({ realms = [] }) => {
      const names = realms.map(nameOf);
      return new Set(names).size < names.length
        ? { what: "two realms have one name", got: names }
        : undefined;
    },
  },
  {
    prop: "realms",
    check: ({ realms = [] }) =>
      realms.some((realm) => nameOf(realm) === "master")
        ? { what: "realm master is Keycloak's own", fix: "Name the realm otherwise" }
        : undefined,
  },
  {
    prop: "heapMb",
    check: ({ heapMb = defaultHeap, image }) => {
      const least = leastHeap[kindOf(image)];
      return Number.isInteger(heapMb) && heapMb >= least
        ? undefined
        : { what: "Keycloak cannot run with this heap", got: heapMb, allowed: `${least} or more` };
    },
  },
  {
    prop: "memoryMb",
    check: ({ heapMb = defaultHeap, memoryMb, image }) => {
      const beside = besideHeap[kindOf(image)];
      return memoryMb !== undefined && memoryMb < heapMb + beside
        ? {
            what: `too little for the heap and ${beside} MiB beside it`,
            got: memoryMb,
            allowed: `${heapMb + beside} or more`,
          }
        : undefined;
    },
  },
  {
    prop: "publicUrl",
    check: ({ publicUrl }) => baseUrlProblem(publicUrl),
  },
  {
    prop: "publicUrl",
    check: ({ publicUrl, tls, behindGateway, proxy }) =>
      publicUrl?.startsWith("https:") && !tls && !behindGateway && !proxy
        ? {
            what: "nobody speaks HTTPS there",
            got: publicUrl,
            fix: "Give Keycloak tls, put it behind the gateway, or name the proxy that does",
          }
        : undefined,
  },
  {
    prop: "publicUrl",
    check: ({ publicUrl, tls }) =>
      tls && !publicUrl?.startsWith("https:")
        ? {
            what: "browsers come by HTTPS alone where Keycloak has tls",
            got: publicUrl,
            allowed: "https://…",
          }
        : undefined,
  },
  {
    prop: "publicUrl",
    check: ({ publicUrl, behindGateway = false, proxy }) =>
      pathProblem(publicUrl, behindGateway || proxy !== undefined),
  },
  {
    prop: "adminUrl",
    check: ({ adminUrl }) => baseUrlProblem(adminUrl),
  },
  {
    prop: "adminUrl",
    check: ({ adminUrl, behindGateway = false, proxy }) =>
      pathProblem(adminUrl, behindGateway || proxy !== undefined),
  },
  {
    prop: "tls",
    check: ({ tls, publicUrl, adminUrl }) => {
      const uncovered = [publicUrl, adminUrl]
        .flatMap((url) => (url?.startsWith("https:") && URL.canParse(url) ? [new URL(url).hostname] : []))
        .filter((host) => tls && !certificateFor(host, [tls.certificate]));
      return tls && uncovered.length > 0
        ? { what: "its certificate is for other hosts", got: tls.certificate.hosts, allowed: uncovered }
        : undefined;
    },
  },
  {
    prop: "tls",
    check: ({ tls, behindGateway }) =>
      tls && behindGateway
        ? {
            what: "browsers would come by two ways",
            fix: "Give HTTPS to the gateway, or leave behindGateway out",
          }
        : undefined,
  },
  {
    prop: "tls",
    check: ({ tls, port = defaultPort }) =>
      tls && port === tlsPort
        ? {
            what: "plain HTTP and HTTPS cannot be on one port of a container",
            got: port,
            fix: "Give port another number",
          }
        : undefined,
  },
  {
    prop: "adminPort",
    check: ({ adminPort, port = defaultPort, tls, behindGateway }) => {
      const published = tls ? tls.port : behindGateway ? undefined : port;
      return adminPort !== undefined && adminPort === published
        ? { what: "the port is that of browsers, too", got: adminPort, fix: "Take another one" }
        : undefined;
    },
  },
  {
    prop: "proxy",
    check: ({ proxy, behindGateway }) =>
      proxy && behindGateway
        ? { what: "the gateway is between the proxy and Keycloak", fix: "Tell the gateway of it" }
        : proxy?.protocol === "proxy-v2"
          ? {
              what: "Keycloak takes the PROXY protocol from everybody or nobody, its own environment included",
              got: proxy.protocol,
              allowed: ["forwarded"],
              fix: "Put it behind the gateway, and tell that of the proxy",
            }
          : undefined,
  },
  {
    prop: "proxy",
    check: ({ proxy }) => proxy && trustedProxyProblem(proxy),
  },
];

function baseUrlProblem(url: string | undefined) {
  return url === undefined || isBaseUrl(url)
    ? undefined
    : { what: "not a base URL", got: url, allowed: "http:// or https://, a host, and a path" };
}

function pathProblem(url: string | undefined, mapped: boolean) {
  return mapped || url === undefined || !URL.canParse(url) || /^\/auth\/?$/.test(new URL(url).pathname)
    ? undefined
    : {
        what: "Keycloak answers below /auth, and nothing before it puts that in place of another path",
        got: url,
        allowed: new URL("/auth", url).href,
      };
}
