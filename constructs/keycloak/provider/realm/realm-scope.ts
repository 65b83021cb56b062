import { join } from "node:path";
import { Construct } from "constructs";
import { packageRoot } from "../../../../kit/package-root";
import { type TerraformResource, TerraformStack, TerraformVariable } from "../../../terraform";
import { TerraformData } from "../../../terraform/terraform-data";
import { Secret } from "../../../workload/secret";
import type { Realm } from "../../bindings/realm";
import { bareRealm } from "../../compare/bare-realm";
import { maskedSecret } from "../../compare/masked-secret";
import { Labels } from "../../representation/labels";
import type { RealmRepresentation } from "../../representation/realm-template";
import type { ImportBlock } from "./import-block";

export interface RealmResourceOptions {
  /**
   * Addresses and variables begin with it. Where it is not the name, a renamed realm is a replaced one, which
   * protection refuses.
   * @default the realm's name
   */
  readonly id?: string;
  readonly admin: KeycloakAdminAccess;
  /** What must be there before the realm. @default nothing */
  readonly dependsOn?: readonly TerraformResource[];
  /** Whether the realm is one that runs, and no new one: nothing of it is taken away. @default false */
  readonly existing?: boolean;
  /** Whether Terraform refuses to remove or replace realm and federations. @default true */
  readonly deletionProtection?: boolean;
  /** What the installed provider has not, as `KeycloakProvider.lacks` tells it. @default nothing */
  readonly lacks?: readonly string[];
  /**
   * The secret of an object, `client james`, `federation ldap`, `identity provider x`, `smtp`, with its version. `held` tells
   * whether the representation has it, `variable` names Terraform's variable. Undefined: the representation's.
   * @default undefined
   */
  readonly secretOf?: (object: string, held: boolean, variable: string) => Secret | undefined;
}

/** How programs beside the provider reach Keycloak's admin API. */
export interface KeycloakAdminAccess {
  /** Base URL, from this machine: `http://127.0.0.1:8080/auth`. */
  readonly url: string;
  readonly username: string;
  /** Realm that the administrator is in. @default "master" */
  readonly realm?: string;
  /** Certificates in PEM, of which its own must be. @default those that this machine trusts */
  readonly ca?: string;
  /** A reference to a sensitive variable. */
  readonly password: string;
}

/** Halves of characters, which JSON may have and no URI. */
const loneSurrogates = /\p{Surrogate}/gu;

const program = join(packageRoot, "constructs/keycloak/provider/admin.mjs");

/** What the resources of one realm share. */
export class RealmScope extends Construct {
  /** Values of Terraform variables, by name. */
  readonly variables = new Map<string, Secret>();
  /** The user profile, without which users have no attributes. */
  readonly profile: TerraformResource[] = [];
  /** What must be done before the realm gets objects: Keycloak's own scopes and policies are taken away. */
  readonly emptied: TerraformResource[] = [];
  clientScopes: TerraformResource[] = [];
  readonly roles: TerraformResource[] = [];
  /** What new users are given by themselves comes after these. */
  readonly users: TerraformResource[] = [];
  /** Clients that the stack makes. */
  readonly ownClients = new Set<string>();
  /** References to ids, by the names that representations use. */
  readonly clientIds = new Map<string, string>();
  readonly clientScopeIds = new Map<string, string>();
  readonly serviceAccounts = new Map<string, string>();
  readonly roleIds = new Map<string, string>();
  readonly groupIds = new Map<string, string>();
  readonly flowAliases = new Map<string, string>();
  readonly flowIds = new Map<string, string>();
  /** For resources whose objects have ids in the representation. */
  readonly imports: ImportBlock[] = [];
  /** Construct ids that are taken. */
  readonly #ids = new Labels();
  /** Names of configurations of steps that are taken: Keycloak has some in every realm. */
  readonly configAliases = new Set(bareRealm("").authenticatorConfig?.map(({ alias = "" }) => alias));
  realm!: Realm;
  /** A reference to the realm, by its name: kept, since making one takes CDKTF a stack trace. */
  realmId = "";

  constructor(
    scope: Construct,
    id: string,
    readonly representation: RealmRepresentation,
    readonly options: RealmResourceOptions,
  ) {
    super(scope, id);
  }

  get name(): string {
    return this.representation.realm ?? "";
  }

  /**
   * An id for a construct. Names are free texts, construct ids are not. Names that read alike, and objects of one name,
   * are told apart by a number.
   */
  idOf(kind: string, ...names: string[]): string {
    const encoded = (name: string) => encodeURIComponent(name.replace(loneSurrogates, "\ufffd"));
    return this.#ids.of([kind, ...names].map(encoded).join("-"));
  }

  /**
   * Notes that the object of a resource exists.
   *
   * @param path what the provider imports it by, in the realm; nothing is noted unless all of it is known
   */
  existing(resource: TerraformResource, ...path: readonly (string | undefined)[]): void {
    if (path.includes(undefined)) return;
    const to = `${resource.terraformResourceType}.${resource.friendlyUniqueId}`;
    this.imports.push({ to, id: [this.name, ...path].join("/") });
  }

  /** Of what holds people's data: Terraform then plans neither its removal nor its replacement. */
  get protection(): { lifecycle?: { preventDestroy: true } } {
    return this.options.deletionProtection === false ? {} : { lifecycle: { preventDestroy: true } };
  }

  /**
   * The secret of an object as a reference to a variable, which no plan and no state holds.
   *
   * @param given what the representation holds
   * @param version counts its changes, where the secret does not count more. @default "1"
   */
  secret(object: string, given: unknown, version?: string): { value: string; version: string } | undefined {
    const held = typeof given === "string" && given !== "" && given !== maskedSecret ? given : undefined;
    const name = this.#freeVariable(object);
    const known = this.options.secretOf?.(object, held !== undefined, name);
    const value = known?.reveal() ?? held;
    if (value === undefined) return undefined;
    this.variables.set(name, known ?? new Secret(name, value));
    return {
      value: sensitiveVariable(TerraformStack.of(this), name).stringValue,
      version: String(Math.max(Number(version ?? 1), known?.version ?? 1)),
    };
  }

  /** Names that read alike have variables that are told apart by a number. */
  #freeVariable(object: string): string {
    const name = `${this.options.id ?? this.name} ${object}`
      .replace(/[^A-Za-z0-9]+/g, "_")
      .replace(/^(?=\d)/, "_");
    const { node } = TerraformStack.of(this);
    let free = name;
    for (let count = 2; node.tryFindChild(free); count += 1) free = `${name}_${count}`;
    return free;
  }

  /**
   * Runs one of the programs beside the provider when this resource is made: once, and again when a trigger changes.
   *
   * @param environment the values are in no state
   */
  program(
    id: string,
    args: { command: string; triggers: Record<string, string>; environment: Record<string, string> },
    dependsOn: TerraformResource[] = [],
  ): TerraformResource {
    const { admin } = this.options;
    return adminProgram(this, id, admin, args, dependsOn);
  }
}

/** A program of admin.mjs as a resource. */
export function adminProgram(
  scope: Construct,
  id: string,
  admin: KeycloakAdminAccess,
  args: { command: string; triggers: Record<string, string>; environment: Record<string, string> },
  dependsOn: TerraformResource[] = [],
): TerraformResource {
  return new TerraformData(scope, id, {
    dependsOn,
    triggersReplace: args.triggers,
    provisioners: [
      {
        type: "local-exec",
        command: program,
        interpreter: ["node"],
        environment: {
          KIT_COMMAND: args.command,
          KIT_KEYCLOAK_URL: admin.url,
          KIT_KEYCLOAK_USER: admin.username,
          KIT_KEYCLOAK_PASSWORD: admin.password,
          KIT_KEYCLOAK_REALM: admin.realm ?? "master",
          ...(admin.ca !== undefined && { KIT_KEYCLOAK_CA: admin.ca }),
          ...args.environment,
        },
      },
    ],
  });
}

/** A variable whose value neither a plan nor a state keeps: https://developer.hashicorp.com/terraform/language/block/variable */
export function sensitiveVariable(stack: TerraformStack, name: string): TerraformVariable {
  const present = stack.node.tryFindChild(name);
  if (present instanceof TerraformVariable) return present;
  const variable = new TerraformVariable(stack, name, { type: "string", sensitive: true });
  variable.addOverride("ephemeral", true);
  variable.overrideLogicalId(name);
  return variable;
}
