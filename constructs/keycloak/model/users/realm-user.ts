import type { Construct } from "constructs";
import { defined } from "../../../../kit/defined";
import type { Secret } from "../../../workload/secret";
import { RealmObject, type Reference } from "../object/realm-object";
import {
  groupPath,
  type IGroup,
  type IRole,
  mentions,
  type OrName,
  rolesByOwner,
} from "../object/references";
import type { RealmDraft } from "../object/representation";
import { lists } from "./role";

export interface RealmUserProps {
  /** @default the construct's id */
  readonly username?: string;
  /** @default none */
  readonly email?: string;
  /** @default true when there is an address */
  readonly emailVerified?: boolean;
  /** @default none */
  readonly firstName?: string;
  /** @default none */
  readonly lastName?: string;
  /** @default true */
  readonly enabled?: boolean;
  /** @default none: no login by password */
  readonly password?: Secret;
  /** Whether it must be changed at the first login. @default false */
  readonly temporaryPassword?: boolean;
  /** @default none, beside the realm's default roles */
  readonly roles?: readonly OrName<IRole>[];
  /** @default none, beside the realm's default groups */
  readonly groups?: readonly OrName<IGroup>[];
  /** @default none */
  readonly attributes?: Readonly<Record<string, readonly string[]>>;
  /** What is asked of them at the next login, as `UPDATE_PASSWORD`. @default none */
  readonly requiredActions?: readonly string[];
}

/** A user that Keycloak itself keeps: of a service, a test. People come from a directory. */
export class RealmUser extends RealmObject {
  readonly kind = "user";
  readonly username: string;

  constructor(
    scope: Construct,
    id: string,
    readonly props: RealmUserProps = {},
  ) {
    super(scope, id);
    // Keycloak keeps names so, and finds them however they are written.
    this.username = (props.username ?? id).toLowerCase();
  }

  get objectName(): string {
    return this.username;
  }

  addTo(realm: RealmDraft): void {
    const { email, firstName, lastName, enabled = true, password, attributes, groups = [] } = this.props;
    const { requiredActions, temporaryPassword = false } = this.props;
    const owned = rolesByOwner(this.props.roles ?? []);
    realm.users = [
      ...(realm.users ?? []),
      {
        username: this.username,
        ...defined({ email, firstName, lastName }),
        enabled,
        emailVerified: this.props.emailVerified ?? email !== undefined,
        ...(attributes && { attributes: lists(attributes) }),
        ...(requiredActions && { requiredActions: [...requiredActions] }),
        ...(password && {
          credentials: [{ type: "password", value: password, temporary: temporaryPassword }],
        }),
        ...(owned.realm.length > 0 && { realmRoles: owned.realm }),
        ...(Object.keys(owned.client).length > 0 && { clientRoles: owned.client }),
        ...(groups.length > 0 && { groups: groups.map(groupPath) }),
      },
    ];
  }

  override references(): Reference[] {
    return [
      ...mentions("roles", "role", this.props.roles),
      ...mentions("groups", "group", this.props.groups),
    ];
  }
}
