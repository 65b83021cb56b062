import type { Construct } from "constructs";
import { defined } from "../../../../kit/defined";
import { type InnerProblem, RealmObject, type Reference } from "../object/realm-object";
import { type IGroup, type IRole, mentions, type OrName, rolesByOwner } from "../object/references";
import type { Covered, GroupRepresentation, RealmDraft } from "../object/representation";
import { lists } from "./role";

export interface GroupProps {
  /** Without a slash. @default the construct's id */
  readonly groupName?: string;
  /** @default none */
  readonly description?: string;
  /** Roles of its members. @default none */
  readonly roles?: readonly OrName<IRole>[];
  /** @default none */
  readonly attributes?: Readonly<Record<string, readonly string[]>>;
  /** Whether new users are put into it. @default false */
  readonly default?: boolean;
}

/** A group; one made in the scope of another is a sub-group of it. https://www.keycloak.org/docs/latest/server_admin/#proc-managing-groups_server_administration_guide */
export class Group extends RealmObject implements IGroup {
  readonly kind = "group";
  readonly groupName: string;
  readonly path: string;

  constructor(
    scope: Construct,
    id: string,
    readonly props: GroupProps = {},
  ) {
    super(scope, id);
    this.groupName = props.groupName ?? id;
    const parent = this.node.scopes.slice(0, -1).findLast((one) => one instanceof Group);
    this.path = `${parent?.path ?? ""}/${this.groupName}`;
  }

  get objectName(): string {
    return this.path;
  }

  /** A sub-group. */
  addGroup(id: string, props: GroupProps = {}): Group {
    return new Group(this, id, props);
  }

  addTo(realm: RealmDraft): void {
    if (this.props.default) realm.defaultGroups = [...(realm.defaultGroups ?? []), this.path];
    const parent = this.path.slice(1).split("/").slice(0, -1);
    realm.groups = withGroup(realm.groups ?? [], parent, this.#representation());
  }

  #representation(): Covered<GroupRepresentation> {
    const { description, roles = [], attributes } = this.props;
    const owned = rolesByOwner(roles);
    return {
      name: this.groupName,
      path: this.path,
      ...defined({ description }),
      ...(attributes && { attributes: lists(attributes) }),
      ...(owned.realm.length > 0 && { realmRoles: owned.realm }),
      ...(Object.keys(owned.client).length > 0 && { clientRoles: owned.client }),
    };
  }

  override references(): Reference[] {
    return mentions("roles", "role", this.props.roles);
  }

  override problems(): InnerProblem[] {
    return /^[^/]+$/.test(this.groupName)
      ? []
      : [
          {
            at: "groupName",
            what: "not the name of a group",
            got: this.groupName,
            allowed: "a name without slashes",
            fix: "Make groups in groups by parent.addGroup()",
          },
        ];
  }
}

/** The groups with one more below a path of names. */
function withGroup(
  groups: readonly Covered<GroupRepresentation>[],
  [next, ...rest]: readonly string[],
  group: Covered<GroupRepresentation>,
): Covered<GroupRepresentation>[] {
  if (next === undefined) return [...groups, group];
  return groups.map((one) =>
    one.name === next ? { ...one, subGroups: withGroup(one.subGroups ?? [], rest, group) } : one,
  );
}
