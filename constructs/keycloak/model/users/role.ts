import type { Construct } from "constructs";
import { defined } from "../../../../kit/defined";
import { RealmObject, type Reference, realmOf } from "../object/realm-object";
import { type IOidcClient, type IRole, mentions, type OrName, rolesByOwner } from "../object/references";
import type { RealmDraft } from "../object/representation";

export interface RoleProps {
  /** @default the construct's id */
  readonly roleName?: string;
  /** Client whose role it is. @default a role of the realm */
  readonly client?: IOidcClient;
  /** @default none */
  readonly description?: string;
  /** Roles that whoever has this one has too. @default none */
  readonly composites?: readonly OrName<IRole>[];
  /** @default none */
  readonly attributes?: Readonly<Record<string, readonly string[]>>;
}

/** A role of the realm or of a client. https://www.keycloak.org/docs/latest/server_admin/#assigning-permissions-using-roles-and-groups */
export class Role extends RealmObject implements IRole {
  readonly kind = "role";
  readonly roleName: string;
  readonly client?: IOidcClient;

  constructor(
    scope: Construct,
    id: string,
    readonly props: RoleProps = {},
  ) {
    super(scope, id);
    this.roleName = props.roleName ?? id;
    if (props.client) this.client = props.client;
  }

  /** A role that exists: Keycloak's own `offline_access`, or `manage-users` of client `realm-management`. */
  static fromRoleName(scope: Construct, name: string, client?: IOidcClient): IRole {
    return { roleName: name, realm: realmOf(scope) ?? scope, ...(client && { client }) };
  }

  get objectName(): string {
    return this.client ? `${this.client.clientId}/${this.roleName}` : this.roleName;
  }

  addTo(realm: RealmDraft): void {
    const { description, composites = [], attributes } = this.props;
    const { realm: realmRoles, client: clientRoles } = rolesByOwner(composites);
    const role = {
      name: this.roleName,
      ...defined({ description }),
      composite: composites.length > 0,
      ...(composites.length > 0 && {
        composites: {
          ...(realmRoles.length > 0 && { realm: realmRoles }),
          ...(Object.keys(clientRoles).length > 0 && { client: clientRoles }),
        },
      }),
      clientRole: this.client !== undefined,
      ...(attributes && { attributes: lists(attributes) }),
    };
    const roles = realm.roles ?? {};
    realm.roles = this.client
      ? {
          ...roles,
          client: {
            ...roles.client,
            [this.client.clientId]: [...(roles.client?.[this.client.clientId] ?? []), role],
          },
        }
      : { ...roles, realm: [...(roles.realm ?? []), role] };
  }

  override references(): Reference[] {
    return [
      ...mentions("client", "client", this.client),
      ...mentions("composites", "role", this.props.composites),
    ];
  }
}

/** Attributes as lists of their own. */
export function lists(attributes: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(attributes).map(([name, values]) => [name, [...values]]));
}
