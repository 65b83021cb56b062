import type { RealmModel } from "../platform/model/platform-model";
import type { Environment } from "./environment";

/** Which names somebody has said to be public: everybody is to find them. */
export interface PublicNames {
  readonly keycloak: boolean;
  readonly gateway: boolean;
  readonly mail: boolean;
}

/** Those of a realm. */
export function publicNames(
  { platform, public: first, realms }: Pick<Environment, "platform" | "public" | "realms">,
  { name }: Pick<RealmModel, "name">,
): PublicNames {
  const index = platform.realms.findIndex((realm) => realm.name === name);
  const { gateway, mail = gateway } = (index === 0 ? first : realms[index - 1]?.public) ?? {};
  return {
    keycloak: first.keycloak !== undefined,
    gateway: gateway !== undefined,
    mail: mail !== undefined,
  };
}
