import type { KeycloakAdmin } from "../operations/keycloak/admin-api";

interface Property {
  readonly name: string;
  readonly secret?: boolean;
}

/** Names of properties that Keycloak shows in an export, and of those that are secrets. */
interface Properties {
  readonly shown: readonly string[];
  readonly secret: readonly string[];
}

/** What a Keycloak says of the properties of its components and authenticators. */
export interface KeycloakProperties {
  /** By type and provider, of those types that have secrets. */
  readonly components: Readonly<Record<string, Readonly<Record<string, Properties>>>>;
  /** Of all together: a configuration does not say whose it is. */
  readonly authenticators: Properties;
}

const kinds = ["authenticator", "form-action", "client-authenticator"];

/** As Keycloak's own export decides what to mask: by the metadata of what is installed. */
export async function keycloakProperties(admin: KeycloakAdmin): Promise<KeycloakProperties> {
  const { componentTypes = {}, providers = {} } = await admin.serverInfo.find();
  const ids = kinds.flatMap((kind) => Object.keys(providers[kind]?.providers ?? {}));
  const configured: Property[] = [];
  for (const providerId of ids) {
    const description = await admin.authenticationManagement.getConfigDescription({ providerId });
    configured.push(...((description?.properties ?? []) as Property[]));
  }
  const types = Object.entries(componentTypes)
    // Authenticators are among them too.
    .filter(([type]) => !type.startsWith("org.keycloak.authentication."))
    .map(
      ([type, list]) =>
        [type, list.map(({ id, properties }) => [id, sorted(properties as Property[])])] as const,
    )
    .filter(([, list]) => list.some(([, properties]) => (properties as Properties).secret.length > 0))
    .map(([type, list]) => [type, Object.fromEntries(list.toSorted())] as const);
  return { components: Object.fromEntries(types.toSorted()), authenticators: sorted(configured) };
}

function sorted(properties: readonly Property[] = []): Properties {
  const names = (isSecret: boolean) =>
    [
      ...new Set(properties.filter(({ secret }) => (secret ?? false) === isSecret).map(({ name }) => name)),
    ].toSorted();
  const secret = names(true);
  return { shown: names(false).filter((name) => !secret.includes(name)), secret };
}
