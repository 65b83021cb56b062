import { Construct } from "constructs";
import { defined } from "../../../kit/defined";
import { KitError, type Problem } from "../../../kit/errors";
import { constructsBelow } from "../../terraform/construct-tree";
import type { Secret } from "../../workload/secret";
import type { RealmRepresentation } from "../representation/realm-template";
import { AuthenticationFlow, type AuthenticationFlowProps } from "./authentication/authentication-flow";
import { addStandardFlows } from "./authentication/standard-flows";
import { ClientScope, type ClientScopeProps } from "./clients/client-scope";
import { addMailClients, type MailClients, type MailClientsProps } from "./clients/mail-clients";
import { OidcClient, type OidcClientProps } from "./clients/oidc-client";
import { standardScopeNames, standardScopes } from "./clients/standard-scopes";
import { IdentityProvider, type IdentityProviderProps } from "./identity-providers/identity-provider";
import { isRealm, markRealm, type ObjectKind, RealmObject, type Reference } from "./object/realm-object";
import { type IRole, mentions, type OrName } from "./object/references";
import { type RealmDraft, type RealmSecret, uncovered } from "./object/representation";
import { type KeySource, RealmKeys } from "./realm/realm-keys";
import { overridden, overrideProblems, type RepresentationOverrides } from "./realm/realm-overrides";
import { type FlowBindings, flowFields, type RealmSettings, settingsDraft } from "./realm/realm-settings";
import { addDefaultRoles, addUserDefaults } from "./realm/user-defaults";
import { knownNames, type RealmContext, type RealmFinding, realmFindings } from "./realm-rules";
import { LdapFederation, type LdapFederationProps } from "./user-federation/ldap-federation";
import { Group, type GroupProps } from "./users/group";
import { RealmUser, type RealmUserProps } from "./users/realm-user";
import { Role, type RoleProps } from "./users/role";
import { UserProfile, type UserProfileProps } from "./users/user-profile";

export interface KeycloakRealmProps extends RealmSettings {
  /** In the issuer's URL. @default the construct's id */
  readonly realmName?: string;
  /** Whether a deployment may not delete it, nor what would take it with it. @default true */
  readonly deletionProtection?: boolean;
  /** Whether redirect URIs may end in `/*`, below a path of their own, and origins be `*`. @default false */
  readonly allowWildcards?: boolean;
  /** What tokens of mail clients need: `warnings()` tells of those that lack it. @default as each says */
  readonly mail?: {
    /** Client id by which James asks whether tokens are active. @default "james" */
    readonly resourceServer?: string;
    /** Claim by which it knows the user. @default "email" */
    readonly claim?: string;
    /** Mail clients of a representation that cannot be told from others. @default none */
    readonly clients?: readonly string[];
  };
}

interface Origin {
  readonly representation?: RealmRepresentation;
  readonly overrides?: RepresentationOverrides;
  readonly existing?: true;
}

/**
 * A realm, with every client, scope, role, group, user, flow, identity provider, federation and key below it in the
 * construct tree. There can be several. https://www.keycloak.org/docs/latest/server_admin/#configuring-realms
 */
export class KeycloakRealm extends Construct {
  readonly realmName: string;
  /** Whether a deployment may not delete it. */
  readonly deletionProtection: boolean;
  /** Whether it is managed elsewhere: only what is added here is rendered. */
  readonly existing: boolean;
  readonly #settings: RealmSettings;
  readonly #allowWildcards: boolean;
  readonly #mail: RealmContext["mail"];
  readonly #origin: Origin;
  readonly #defaultRoles: OrName<IRole>[] = [];
  #bindings: FlowBindings = {};

  constructor(scope: Construct, id: string, props: KeycloakRealmProps = {}, origin: Origin = {}) {
    super(scope, id);
    markRealm(this);
    const { realmName, deletionProtection = true, allowWildcards = false, mail = {}, ...settings } = props;
    this.realmName = realmName ?? origin.representation?.realm ?? id;
    this.deletionProtection = deletionProtection;
    this.existing = origin.existing ?? false;
    this.#settings = settings;
    this.#allowWildcards = allowWildcards;
    this.#mail = { resourceServer: "james", claim: "email", clients: [], ...defined(mail) };
    this.#origin = origin;
  }

  /**
   * A realm that exists and is managed elsewhere, to refer to, and to add objects to: its representation has these alone.
   * `RealmStack` and an import make whole realms, and are not for it.
   */
  static fromRealmName(scope: Construct, id: string, realmName: string): KeycloakRealm {
    return new KeycloakRealm(scope, id, { realmName }, { existing: true });
  }

  /** A realm as a representation has it, with typed settings and objects on top. */
  static fromRepresentation(
    scope: Construct,
    id: string,
    representation: RealmRepresentation,
    { clients, withoutClients, directories, ...props }: KeycloakRealmProps & RepresentationOverrides = {},
  ): KeycloakRealm {
    const overrides = defined({ clients, withoutClients, directories }) as RepresentationOverrides;
    return new KeycloakRealm(scope, id, props, { representation, overrides });
  }

  /** The clients that were added so far; those of a representation are not among them. */
  clients(): OidcClient[] {
    return constructsBelow(this, isRealm).filter((object) => object instanceof OidcClient);
  }

  addOidcClient(id: string, props: OidcClientProps): OidcClient {
    return new OidcClient(this, id, props);
  }

  addClientScope(id: string, props: ClientScopeProps = {}): ClientScope {
    return new ClientScope(this, id, props);
  }

  /**
   * Keycloak's own client scopes, which a realm with others does not get by itself. All of them unless named.
   *
   * @throws KitError when Keycloak has none of a name
   */
  addStandardScopes(...names: readonly string[]): ClientScope[] {
    const unknown = names.filter((name) => !standardScopeNames.includes(name));
    if (unknown.length > 0) {
      throw new KitError(
        "client scopes of Keycloak cannot be added",
        unknown.map((got) => ({
          where: this.node.path,
          what: "Keycloak has no such client scope",
          got,
          allowed: standardScopeNames,
          fix: "realm.addClientScope() adds one of your own",
        })),
      );
    }
    return standardScopes
      .filter(({ name }) => names.length === 0 || names.includes(name))
      .map(({ name, ...props }) => this.addClientScope(name, props));
  }

  addRole(id: string, props: RoleProps = {}): Role {
    return new Role(this, id, props);
  }

  /** Roles of every user, beside Keycloak's own. */
  addDefaultRoles(...roles: readonly OrName<IRole>[]): void {
    this.#defaultRoles.push(...roles);
  }

  addGroup(id: string, props: GroupProps = {}): Group {
    return new Group(this, id, props);
  }

  addUser(id: string, props: RealmUserProps = {}): RealmUser {
    return new RealmUser(this, id, props);
  }

  addIdentityProvider(id: string, props: IdentityProviderProps): IdentityProvider {
    return new IdentityProvider(this, id, props);
  }

  addFlow(id: string, props: AuthenticationFlowProps): AuthenticationFlow {
    return new AuthenticationFlow(this, id, props);
  }

  /** Puts flows to use. */
  bindFlows(bindings: FlowBindings): void {
    this.#bindings = { ...this.#bindings, ...bindings };
  }

  addLdapFederation(id: string, props: LdapFederationProps): LdapFederation {
    return new LdapFederation(this, id, props);
  }

  addUserProfile(props: UserProfileProps): UserProfile {
    return new UserProfile(this, "user-profile", props);
  }

  addKeys(id: string, source: KeySource): RealmKeys {
    return new RealmKeys(this, id, source);
  }

  /** The clients and client scopes of a mail platform. */
  addMailClients(props: MailClientsProps): MailClients {
    return addMailClients(this, props);
  }

  /** Everything that is wrong with it, each with the construct's path. */
  problems(): Problem[] {
    return this.#findings()
      .filter(({ warning }) => !warning)
      .map(({ problem }) => problem);
  }

  /** What may be wrong: mail clients whose tokens James refuses, and what is unsafe in a representation. */
  warnings(): Problem[] {
    return this.#findings()
      .filter(({ warning }) => warning)
      .map(({ problem }) => problem);
  }

  /**
   * The realm as Keycloak reads it.
   *
   * @param secretText what to write for a secret. @default its value: the result is then for a private file only
   * @throws KitError when there are problems
   */
  representation(secretText: (secret: Secret) => string = (secret) => secret.reveal()): RealmRepresentation {
    const problems = this.problems();
    if (problems.length > 0) {
      throw new KitError(`KeycloakRealm ${this.node.path} cannot be rendered`, problems);
    }
    return this.#uncovered(secretText);
  }

  /** The secrets in the representation, with the way to each: `clients.james.secret`. */
  secrets(): RealmSecret[] {
    const found: RealmSecret[] = [];
    this.#uncovered((secret, path) => {
      found.push({ path, secret });
      return "";
    });
    return found;
  }

  #uncovered(secretText: (secret: Secret, path: string) => string): RealmRepresentation {
    return uncovered(this.#draft(), secretText) as RealmRepresentation;
  }

  #draft(): RealmDraft {
    const { representation, overrides = {} } = this.#origin;
    const base: RealmDraft = representation
      ? overridden(representation, overrides)
      : this.existing
        ? {}
        : { enabled: true };
    const realm: RealmDraft = {
      ...base,
      realm: this.realmName,
      ...settingsDraft(this.#settings, base),
      ...flowFields(this.#bindings),
    };
    const objects = this.#objects();
    if (!this.existing && !realm.authenticationFlows && objects.some(({ kind }) => kind === "flow")) {
      addStandardFlows(realm);
    }
    // Client scopes first: which mappers a client needs depends on what its scopes give.
    const [scopes, others] = [true, false].map((first) =>
      objects.filter(({ kind }) => (kind === "client scope") === first),
    ) as [RealmObject[], RealmObject[]];
    for (const object of [...scopes, ...others]) object.addTo(realm);
    addDefaultRoles(realm, this.#defaultRoles);
    const before = base.users?.length ?? 0;
    if (!this.existing) addUserDefaults(realm, (index) => index >= before);
    return realm;
  }

  #findings(): RealmFinding[] {
    const objects = this.#objects();
    const realm = this.#uncovered(String);
    const { path } = this.node;
    const names = knownNames(realm);
    const own = [
      ...this.#ownReferences().flatMap((reference) => this.#referenceProblems(names, path, reference)),
      ...this.#overrideProblems(),
      ...objects.flatMap((object) => [
        ...object
          .problems()
          .map(({ at, ...problem }) => ({ where: `${object.node.path}.${at}`, ...problem })),
        ...object.references().flatMap((one) => this.#referenceProblems(names, object.node.path, one)),
      ]),
    ];
    const context = {
      ...{ realm, path, objects, existing: this.existing },
      ...{ allowWildcards: this.#allowWildcards, mail: this.#mail },
    };
    return [
      ...own.map((problem) => ({ problem, warning: false })),
      ...realmFindings(context),
      ...this.#nameFindings(),
    ];
  }

  #nameFindings(): RealmFinding[] {
    const isText = /^[^\s/%?#\\]+$/.test(this.realmName);
    const isMaster = this.realmName === "master" && !this.existing;
    const what = !isText
      ? "not the name of a realm: it is a part of URLs"
      : isMaster
        ? "the name of Keycloak's own realm"
        : undefined;
    return what
      ? [{ problem: { where: `${this.node.path}.realmName`, what, got: this.realmName }, warning: false }]
      : [];
  }

  #overrideProblems(): Problem[] {
    const { representation, overrides = {} } = this.#origin;
    const found = representation ? overrideProblems(representation, overrides) : [];
    return found.map((problem) => ({ where: this.node.path, ...problem }));
  }

  #ownReferences(): Reference[] {
    const bindings = { ...this.#settings.bindings, ...this.#bindings };
    return [
      ...Object.entries(bindings).flatMap(([name, flow]) => mentions(`bindings.${name}`, "flow", flow)),
      ...mentions("defaultRoles", "role", this.#defaultRoles),
    ];
  }

  #referenceProblems(
    known: (kind: ObjectKind) => ReadonlySet<string>,
    where: string,
    { field, kind, name, realm: owner }: Reference,
  ): Problem[] {
    if (owner !== undefined) {
      return owner === this
        ? []
        : [
            {
              where: `${where}.${field}`,
              what: `${kind} ${name} belongs to another realm`,
              got: owner.node.path,
            },
          ];
    }
    // `realmFindings` finds unknown scopes of clients, with those of representations.
    if (this.existing || kind === "client scope") return [];
    const names = known(kind);
    const wanted = kind === "group" && !name.startsWith("/") ? `/${name}` : name;
    return names.has(wanted)
      ? []
      : [{ where: `${where}.${field}`, what: `unknown ${kind}`, got: name, allowed: [...names] }];
  }

  #objects(): RealmObject[] {
    return constructsBelow(this, isRealm).filter((construct) => construct instanceof RealmObject);
  }
}
