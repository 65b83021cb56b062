import { postgresPort } from "../../constructs/postgres/postgres-port";
import { defined } from "../../kit/defined";
import type { PlatformModel, ServiceModel } from "./platform-model";
import type { DatabaseUser, PlatformSpec, StorageKind, StorageSpec } from "./platform-spec";

/** Whether what people have lasts, each thing that they have. */
export function resolveStorage(storage: StorageSpec = "memory"): PlatformModel["storage"] {
  return typeof storage === "string" ? { identity: storage, mail: storage } : storage;
}

/** Name of the image that is the James of a platform whose mail lasts, or does not. */
export function jamesReference(mail: StorageKind): "james" | "jamesPostgres" {
  return mail === "durable" ? "jamesPostgres" : "james";
}

/** Whether something of what people have is to outlive its containers. */
export function isDurable({ storage }: Pick<PlatformModel, "storage">): boolean {
  return Object.values(storage).includes("durable");
}

/** The PostgreSQL in which what lasts is. */
export function resolvePostgres(
  { postgres, tls = {} }: PlatformSpec,
  { managed, ...service }: ServiceModel,
  users: readonly DatabaseUser[],
): PlatformModel["services"]["postgres"] {
  const databases = Object.fromEntries(
    users.map((name) => {
      const { database = name, user = name } = postgres?.[name] ?? {};
      return [name, { name: database, user }];
    }),
  );
  if (!postgres) {
    return {
      ...{ ...service, managed: users.length > 0, port: postgresPort, databases },
      ...(tls.internal && { tls: true }),
    };
  }
  const { host, port, ca, tls: encrypted } = postgres;
  return { ...service, ...{ managed: false, host, port, databases }, ...defined({ tls: encrypted, ca }) };
}
