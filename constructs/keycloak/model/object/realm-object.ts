import { Construct } from "constructs";
import { KitError, type Problem } from "../../../../kit/errors";
import type { RealmDraft } from "./representation";

/** What has a name of its own in a realm. */
export type ObjectKind =
  | "client"
  | "client scope"
  | "role"
  | "group"
  | "user"
  | "identity provider"
  | "flow"
  | "user federation"
  | "keys"
  | "user profile";

/** A reference to an object of a realm. */
export interface Reference {
  /** The prop that it is in. */
  readonly field: string;
  readonly kind: ObjectKind;
  /** The realm that it belongs to; undefined when it is only a name. */
  readonly realm: Construct | undefined;
  readonly name: string;
}

/** A problem inside an object, by the prop that it is in. */
export interface InnerProblem extends Omit<Problem, "where"> {
  readonly at: string;
}

const realmMark = Symbol("KeycloakRealm");

/** Marks the construct below which objects belong to it. */
export function markRealm(realm: Construct): void {
  Object.defineProperty(realm, realmMark, { value: true });
}

export function isRealm(construct: object): boolean {
  return realmMark in construct;
}

/** The realm that a construct is in. */
export function realmOf(construct: Construct): Construct | undefined {
  return construct.node.scopes.findLast(isRealm);
}

/** An object of a realm. It belongs to the KeycloakRealm that it is below. */
export abstract class RealmObject extends Construct {
  abstract readonly kind: ObjectKind;
  /** Unique among objects of its kind in the realm; a client's role is `client/role`, a group is its path. */
  abstract readonly objectName: string;
  readonly realm: Construct;

  /** @throws KitError outside of a KeycloakRealm: it would be in no realm */
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const realm = realmOf(this);
    if (!realm) {
      throw new KitError(`${this.constructor.name} ${this.node.path} cannot be built`, [
        { where: this.node.path, what: "it is below no KeycloakRealm, and would be in no realm" },
      ]);
    }
    this.realm = realm;
  }

  /** Adds the object to the representation, secrets still covered. */
  abstract addTo(realm: RealmDraft): void;

  /** The objects that it refers to: all must be of its own realm. */
  references(): readonly Reference[] {
    return [];
  }

  /** What is wrong with it by itself, beyond what its representation shows. */
  problems(): readonly InnerProblem[] {
    return [];
  }
}
