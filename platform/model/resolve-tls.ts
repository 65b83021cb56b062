import { certificateFor } from "../../constructs/workload/server-certificate";
import type { PlatformModel, RealmModel, WantedCertificate } from "./platform-model";
import { type PlatformSpec, type TlsListener, type TlsMode, tlsListeners } from "./platform-spec";

/** Where the certificate of each listener comes from, as it is written. */
export function tlsModes({ tls = {} }: PlatformSpec): Record<TlsListener, TlsMode> {
  const mode = (listener: TlsListener) => tls[listener] ?? tls.mode ?? "off";
  return Object.fromEntries(tlsListeners.map((listener) => [listener, mode(listener)])) as Record<
    TlsListener,
    TlsMode
  >;
}

/** The certificates that a platform's listeners show, each for one host. */
export function wantedCertificates(
  tls: PlatformModel["tls"],
  realms: readonly RealmModel[],
  { keycloak, ...stores }: Pick<PlatformModel["services"], "keycloak" | "ldap" | "redis" | "postgres">,
): WantedCertificate[] {
  const { files = [] } = tls;
  const wanted = (
    listener: TlsListener,
    service: WantedCertificate["service"],
    hosts: readonly string[],
  ): WantedCertificate[] => {
    const from = tls[listener];
    if (from === "off") return [];
    return [...new Set(hosts)].map((host) => {
      const file = files.findIndex((one) => certificateFor(host, [one]) !== undefined);
      return {
        ...{ listener, service, from, hosts: [host] },
        ...(from === "files" && file >= 0 && { file }),
      };
    });
  };
  const login = keycloak.endpoint.host;
  const internal = Object.entries(tls.internal ? stores : {}).filter(([, { managed }]) => managed);
  return [
    ...wanted("gateway", "gateway", [
      ...realms.map(({ gateway }) => gateway.host),
      ...(keycloak.behindGateway ? [login] : []),
    ]),
    ...wanted("keycloak", "keycloak", [login]),
    ...wanted(
      "mail",
      "james",
      realms.flatMap(({ mailHost }) => mailHost ?? []),
    ),
    ...internal.map(
      ([service, { host }]): WantedCertificate => ({
        ...{ listener: "internal", service: service as keyof typeof stores, from: "own", hosts: [host] },
      }),
    ),
  ];
}
