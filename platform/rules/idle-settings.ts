import { defined } from "../../kit/defined";
import type { PlatformModel } from "../model/platform-model";
import { at, type PlatformProblem } from "./rule";

/** What may be written that does something beside some others only, by section. */
interface Written {
  readonly keycloak?: unknown;
  readonly openid?: unknown;
  readonly realms?: readonly object[] | undefined;
  readonly directory?: unknown;
  readonly redis?: unknown;
  readonly postgres?: unknown;
  readonly storage?: unknown;
  readonly limits?: object | undefined;
  readonly hosts?: object | undefined;
  readonly resources?: object | undefined;
  readonly imageReferences?: object | undefined;
  readonly public?: object | undefined;
  readonly tls?: object | undefined;
  readonly ports?:
    | { readonly http?: number | null | undefined; readonly keycloakAdmin?: number | undefined }
    | undefined;
}

const services = [
  {
    service: "keycloak",
    replacedBy: "keycloak",
    what: "it is about the kit's own Keycloak, which is not deployed",
  },
  {
    service: "keycloak",
    replacedBy: "openid",
    what: "it is about the kit's own Keycloak, which is not deployed",
  },
  {
    service: "ldap",
    replacedBy: "directory",
    what: "it is about the kit's own directory, which is not deployed",
  },
  { service: "redis", replacedBy: "redis", what: "it is about the kit's own Redis, which is not deployed" },
  {
    service: "postgres",
    replacedBy: "postgres",
    what: "it is about the kit's own PostgreSQL, which is not deployed",
  },
] as const;

/** What is written and would do nothing. */
export function idleSettingProblems(
  written: Written,
  model: Pick<PlatformModel, "services" | "storage">,
): PlatformProblem[] {
  return [
    ...idlePostgres(written),
    ...ofOthers(written),
    ...idlePorts(written, model),
    ...idleLimits(written, model),
  ];
}

/** Of a heap that holds what all have, where a database does. */
function idleLimits(
  { limits = {} }: Written,
  { storage }: Pick<PlatformModel, "storage">,
): PlatformProblem[] {
  if (storage.mail !== "durable") return [];
  return Object.entries({ mailMb: "mail", uploadsMb: "uploads" }).flatMap(([limit, of]) =>
    at(
      ["limits", limit],
      limit in defined(limits) && {
        what: `nothing bounds the ${of} of all where mail is durable`,
        got: (limits as Record<string, unknown>)[limit],
        fix: "Leave it out; limits.quotaMb bounds the mail of each person",
      },
    ),
  );
}

/** Of ports that there are with TLS only. */
function idlePorts(
  { ports = {} }: Written,
  { services }: Pick<PlatformModel, "services">,
): PlatformProblem[] {
  const { gateway, keycloak } = services;
  const { http, keycloakAdmin } = ports;
  return [
    ...at(
      ["ports", "http"],
      typeof http === "number" &&
        gateway.tls === undefined && {
          what: "the gateway has no TLS: nobody is led to HTTPS, and no authority asks there",
          got: http,
          fix: "Say tls.gateway or tls.mode, or leave it out",
        },
    ),
    ...at(
      ["ports", "keycloakAdmin"],
      keycloakAdmin !== undefined &&
        !(keycloak.managed && keycloak.adminPort !== undefined) && {
          what: keycloak.managed
            ? "Keycloak has no TLS: the kit uses the port that is published"
            : "it is about the kit's own Keycloak, which is not deployed",
          got: keycloakAdmin,
          fix: keycloak.managed
            ? "Say tls.keycloak or tls.mode, or ports.keycloak: null, or leave it out"
            : "Leave it out",
        },
    ),
  ];
}

/** A PostgreSQL of somebody else's in which nothing would be kept. */
function idlePostgres({ postgres, storage = "memory" }: Written): PlatformProblem[] {
  const kinds = typeof storage === "object" ? Object.values(storage ?? {}) : [storage];
  return postgres === undefined || kinds.includes("durable")
    ? []
    : [
        {
          path: ["postgres"],
          what: "nothing is durable: nobody would use it",
          fix: "Leave it out, or say storage: durable",
        },
      ];
}

/** About a service in whose place there is somebody else's. */
function ofOthers(written: Written): PlatformProblem[] {
  return services.flatMap(({ service, replacedBy, what }) =>
    written[replacedBy] === undefined ||
    (replacedBy === "openid" && !(written.realms ?? []).every((realm) => "openid" in realm))
      ? []
      : [
          ...(["hosts", "resources", "imageReferences", "public", "tls"] as const).map(
            (section) => [section, service] as const,
          ),
          ...(service === "keycloak" ? [["public", "keycloakAdmin"] as const] : []),
        ]
          .filter(([section, key]) => Object.hasOwn(defined(written[section] ?? {}), key))
          .map((path) => ({
            path: [...path],
            what,
            fix: `Leave it, or ${replacedBy}, out`,
          })),
  );
}
