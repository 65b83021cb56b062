import { readFileSync } from "node:fs";
import type { Construct } from "constructs";
import { KitError } from "../../../kit/errors";
import { LocalBackend, type TerraformResource, TerraformStack } from "../../terraform";
import { stateResources } from "../../terraform/terraform-state";
import { Secret } from "../../workload/secret";
import { connectKeycloak } from "../provider/connection";
import type { ImportBlock } from "../provider/realm/import-block";
import { realmResources } from "../provider/realm-resources";
import type { RealmRepresentation } from "../representation/realm-template";
import { withoutPlaceholders } from "./secrets/placeholders";

export interface RealmStackProps {
  /** E.g. `RealmTemplate.fromFile("realm.json").representation`. */
  readonly realm: RealmRepresentation;
  /** Base URL of the Keycloak that has it or gets it: `https://sso.example.com/auth`. */
  readonly keycloak: string;
  /** Its administrator; Terraform takes the password from variable `keycloak_admin`. @default "admin" */
  readonly username?: string;
  /**
   * JSON file with values of the stack's sensitive variables, as `realm adopt` writes it: give it to Terraform too,
   * `cdktf deploy --var-file=…`.
   * @default none
   */
  readonly secretsFile?: string;
  /**
   * Counts the values that secrets have had, by variable: neither plan nor state holds them, so that Terraform sends a
   * changed one when its count has grown.
   * @default 1 each
   */
  readonly secretVersions?: Readonly<Record<string, number>>;
  /** The secret of an object, `client james`, where the file does not decide. @default none */
  readonly secretOf?: (object: string) => Secret | undefined;
  /**
   * Values of the realm's placeholders, `${NAME}` and `${NAME:default}`, which Keycloak's import takes from its
   * environment. @default their own defaults
   */
  readonly placeholders?: Readonly<Record<string, string>>;
  /**
   * JSON file with import blocks for what exists, as `realm adopt` writes it: it tells that the realm is none that this
   * stack makes. What `stateFile` has already is left out; with another backend empty its list after the first deployment.
   * @default none
   */
  readonly importsFile?: string;
  /** Where Terraform keeps its state, which holds names and settings, no secrets. @default CDKTF's */
  readonly stateFile?: string;
  /** Whether Terraform refuses to remove or replace realm and federations. @default true */
  readonly deletionProtection?: boolean;
  /** What the installed provider has not, as `KeycloakProvider.lacks` tells it. @default nothing */
  readonly lacks?: readonly string[];
}

/** Construct id of the realm in its stack, whatever its name. */
const realmId = "realm";

/** A realm of any Keycloak, as a stack of its own. */
export class RealmStack extends TerraformStack {
  /** Values of the stack's sensitive variables, by name: give them to Terraform as `TF_VAR_<name>`. */
  readonly variables: ReadonlyMap<string, Secret>;
  /** What Terraform imports the resources by, as far as the realm has ids. */
  readonly imports: readonly ImportBlock[];

  constructor(scope: Construct, id: string, props: RealmStackProps) {
    super(scope, id);
    const { realm, keycloak, username = "admin", secretsFile, importsFile } = props;
    if (props.stateFile !== undefined) new LocalBackend(this, { path: props.stateFile });
    const admin = connectKeycloak(this, { url: keycloak, username });
    const secrets = secretsFile === undefined ? {} : readSecrets(secretsFile);
    const inFile = (variable: string) => {
      const value = secrets[variable];
      return value === undefined
        ? undefined
        : new Secret(variable, value, props.secretVersions?.[variable] ?? 1);
    };
    const { variables, imports } = realmResources(this, withoutPlaceholders(realm, props.placeholders), {
      id: realmId,
      admin,
      existing: importsFile !== undefined,
      secretOf: (object, _, variable) => inFile(variable) ?? props.secretOf?.(object),
      ...(props.deletionProtection !== undefined && { deletionProtection: props.deletionProtection }),
      ...(props.lacks && { lacks: props.lacks }),
    });
    this.imports = imports;
    const password = inFile("keycloak_admin");
    this.variables = new Map([...(password ? [["keycloak_admin", password] as const] : []), ...variables]);
    if (importsFile !== undefined) {
      this.#import(JSON.parse(readFileSync(importsFile, "utf8")).import, stateAddresses(props.stateFile));
    }
  }

  /** Terraform imports what the blocks name; the provider's own way of taking over would replace it. */
  #import(blocks: readonly ImportBlock[], imported: ReadonlySet<string>): void {
    const addresses = new Set(blocks.map(({ to }) => to));
    for (const construct of this.node.findAll()) {
      if (!("terraformResourceType" in construct && "import" in construct)) continue;
      const resource = construct as unknown as TerraformResource;
      if (addresses.has(`${resource.terraformResourceType}.${resource.friendlyUniqueId}`)) {
        resource.addOverride("import", null);
      }
    }
    this.addOverride(
      "import",
      blocks.filter(({ to }) => !imported.has(to)),
    );
  }
}

/** What is imported already: a block for what somebody removed since would fail. */
function stateAddresses(file?: string): ReadonlySet<string> {
  return new Set(file === undefined ? [] : stateResources(file).map(({ type, name }) => `${type}.${name}`));
}

/** @throws KitError for everything that the export did not show and nobody has filled in */
function readSecrets(file: string): Record<string, string> {
  const values = JSON.parse(readFileSync(file, "utf8")) as Record<string, string | null>;
  const missing = Object.entries(values).filter(([, value]) => value === null);
  if (missing.length > 0) {
    throw new KitError(
      `${file} lacks secrets`,
      missing.map(([variable]) => ({
        where: `${file}: ${variable}`,
        what: "the export does not show it",
        fix: "Put the value in place of null",
      })),
    );
  }
  return values as Record<string, string>;
}
