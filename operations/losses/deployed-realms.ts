import * as z from "zod";
import {
  type FederationIdentity,
  type RealmIdentity,
  realmIdentity,
} from "../../constructs/keycloak/representation/realm-identity";
import { databaseName } from "../../constructs/keycloak/server/keycloak-database";
import { KeycloakServer } from "../../constructs/keycloak/server/keycloak-server";
import { stateResources } from "../../constructs/terraform/terraform-state";
import { KitError } from "../../kit/errors";
import { wantedRealms } from "../../stacks/wanted-realms";
import type { Deployment } from "../deployment/deployment";
import type { Resource } from "../terraform/stack-resources";

/** A realm with who makes it: Keycloak, which imports it, or Keycloak's Terraform provider. */
export interface ManagedRealm extends RealmIdentity {
  readonly by: "import" | "provider";
  /** PostgreSQL in which it is, as `KeycloakServer.databaseLabel` tells it. @default embedded in Keycloak */
  readonly database?: string;
}

/** The realms that an environment was last deployed with, as its states remember: nothing need run. */
export function deployedRealms({ stateFile, identityStateFile }: Deployment): ManagedRealm[] {
  const platform = managedResources(stateFile);
  const imported = managedRealms(platform);
  const database = platform.flatMap((resource) => labelOf(resource, KeycloakServer.databaseLabel) ?? [])[0];
  const provided = managedRealms(managedResources(identityStateFile)).map((realm) => ({
    ...realm,
    ...(database !== undefined && { database }),
  }));
  // An import that replaced a provider's realm may have been interrupted before its state was removed.
  return [...imported, ...provided.filter(({ realm }) => !imported.some((one) => one.realm === realm))];
}

/** The realms that an environment is to have. */
export function wantedIdentities({
  environment,
  secrets,
}: Pick<Deployment, "environment" | "secrets">): ManagedRealm[] {
  const { identity: by } = environment.platform;
  const { postgres } = environment.platform.services;
  const { keycloak } = postgres.databases;
  const database = keycloak && databaseName(postgres, { ...keycloak, managed: postgres.managed });
  return wantedRealms(environment, secrets).flatMap(({ provision, representation }) =>
    provision === "realm" && by !== "none"
      ? [{ ...realmIdentity(representation), by, ...(database !== undefined && { database }) }]
      : [],
  );
}

function managedResources(stateFile: string): Resource[] {
  return stateResources(stateFile)
    .filter(({ mode }) => mode === "managed")
    .flatMap(({ type, name, instances }) =>
      instances.map(({ attributes }) => ({ type, name, values: attributes })),
    );
}

function managedRealms(resources: readonly Resource[]): ManagedRealm[] {
  return [
    ...resources.filter(({ type }) => type === "docker_container").flatMap(importedRealms),
    ...resources
      .filter(({ type }) => type === "keycloak_realm")
      .map(({ values }): ManagedRealm => {
        const federations = resources.filter(({ values: { realm_id } }) => realm_id === values.realm);
        return { realm: String(values.realm), by: "provider", federations: federations.flatMap(federation) };
      }),
  ];
}

function importedRealms(container: Resource): ManagedRealm[] {
  const text = labelOf(container, KeycloakServer.realmsLabel);
  const database = labelOf(container, KeycloakServer.databaseLabel);
  return text === undefined
    ? []
    : realmsOfLabel(text).map((realm) => ({
        ...{ ...realm, by: "import" },
        ...(database !== undefined && { database }),
      }));
}

function labelOf({ type, values }: Resource, wanted: string): string | undefined {
  if (type !== "docker_container") return undefined;
  return labelsForm.safeParse(values.labels).data?.find(({ label }) => label === wanted)?.value;
}

const labelsForm = z.array(z.object({ label: z.string(), value: z.string() }));

const realmsForm = z.array(
  z.object({
    realm: z.string(),
    federations: z.array(
      z.object({
        name: z.string(),
        providerId: z.string(),
        usersDn: z.string().optional(),
        uuidLDAPAttribute: z.string().optional(),
      }),
    ),
  }),
);

/** @throws KitError when it is not what the kit wrote */
function realmsOfLabel(text: string): RealmIdentity[] {
  try {
    return realmsForm.parse(JSON.parse(text)) as RealmIdentity[];
  } catch {
    throw new KitError("the label of Keycloak's container cannot be read", [
      {
        where: KeycloakServer.realmsLabel,
        what: "not a list of realms",
        got: text,
        fix: "Remove the container",
      },
    ]);
  }
}

function federation({ type, values }: Resource): FederationIdentity[] {
  const name = String(values.name);
  if (type === "keycloak_custom_user_federation") return [{ name, providerId: String(values.provider_id) }];
  if (type !== "keycloak_ldap_user_federation") return [];
  return [
    {
      name,
      providerId: "ldap",
      usersDn: String(values.users_dn),
      uuidLDAPAttribute: String(values.uuid_ldap_attribute),
    },
  ];
}
