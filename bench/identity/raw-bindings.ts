import { Construct } from "constructs";
import { DataKeycloakOpenidClient } from "../../constructs/keycloak/bindings/data-keycloak-openid-client";
import { DataKeycloakRole } from "../../constructs/keycloak/bindings/data-keycloak-role";
import { GenericProtocolMapper } from "../../constructs/keycloak/bindings/generic-protocol-mapper";
import { GenericRoleMapper } from "../../constructs/keycloak/bindings/generic-role-mapper";
import { OpenidClient } from "../../constructs/keycloak/bindings/openid-client";
import { OpenidClientDefaultScopes } from "../../constructs/keycloak/bindings/openid-client-default-scopes";
import { OpenidClientOptionalScopes } from "../../constructs/keycloak/bindings/openid-client-optional-scopes";
import { OpenidClientScope } from "../../constructs/keycloak/bindings/openid-client-scope";
import { KeycloakProvider } from "../../constructs/keycloak/bindings/provider";
import { Realm } from "../../constructs/keycloak/bindings/realm";
import { RealmDefaultClientScopes } from "../../constructs/keycloak/bindings/realm-default-client-scopes";
import { RealmOptionalClientScopes } from "../../constructs/keycloak/bindings/realm-optional-client-scopes";
import { TerraformResource, TerraformStack, TerraformVariable } from "../../constructs/terraform";

type Json = Record<string, unknown>;

/** What is read of a synthesized stack. */
export interface TerraformJson {
  readonly provider: { readonly keycloak: readonly Json[] };
  readonly variable: Readonly<Record<string, Json>>;
  readonly resource: Resources;
  readonly data: Resources;
}

type Resources = Readonly<Record<string, Readonly<Record<string, Json>>>>;

/** A `new Binding(scope, id, config)`. */
interface Statement {
  readonly address: string;
  readonly type: string;
  /** Ids of the constructs, from below the stack on. */
  readonly path: readonly string[];
  readonly config: Json;
  readonly gaps: readonly Gap[];
}

/** Where a reference goes, which exists only when what it refers to does. */
interface Gap {
  readonly address: string;
  /** Undefined: the resource itself. */
  readonly attribute?: string;
  readonly fill: (reference: unknown) => void;
}

type Binding = new (scope: Construct, id: string, config: never) => Construct;

const bindings = new Map<string, Binding>([
  ...[
    ...[GenericProtocolMapper, GenericRoleMapper, KeycloakProvider, OpenidClient, OpenidClientDefaultScopes],
    ...[OpenidClientOptionalScopes, OpenidClientScope, Realm, RealmDefaultClientScopes],
    RealmOptionalClientScopes,
  ].map((binding) => [binding.tfResourceType, binding as Binding] as const),
  ...[DataKeycloakOpenidClient, DataKeycloakRole].map(
    (binding) => [`data.${binding.tfResourceType}`, binding as Binding] as const,
  ),
]);

/**
 * A stack written by nothing but bindings. Each reference is made once and kept, as the kit does: making one is what
 * costs most.
 */
export class RawStack extends TerraformStack {
  constructor(scope: Construct, id: string, statements: readonly Statement[]) {
    super(scope, id);
    const made = new Map<string, Construct>();
    const references = new Map<string, unknown>();
    for (const { address, type, path, config, gaps } of statements) {
      for (const { address: target, attribute, fill } of gaps) {
        const construct = made.get(target) as Construct & Json;
        const reference = `${target}.${attribute}`;
        if (attribute !== undefined && !references.has(reference)) {
          references.set(reference, construct[attribute]);
        }
        fill(attribute === undefined ? construct : references.get(reference));
      }
      const holder = path.slice(0, -1).reduce<Construct>(below, this);
      made.set(address, add(holder, path.at(-1) ?? "", type, config));
    }
  }
}

function below(scope: Construct, id: string): Construct {
  return (scope.node.tryFindChild(id) as Construct | undefined) ?? new Construct(scope, id);
}

function add(scope: Construct, id: string, type: string, config: Json): Construct {
  const Binding = bindings.get(type);
  if (Binding) return new Binding(scope, id, config as never);
  if (type === "var") {
    const { ephemeral, ...rest } = config;
    const variable = new TerraformVariable(scope, id, rest);
    variable.addOverride("ephemeral", ephemeral);
    variable.overrideLogicalId(id);
    return variable;
  }
  const { triggersReplace, ...rest } = config;
  const resource = new TerraformResource(scope, id, { terraformResourceType: type, ...rest });
  resource.addOverride("triggers_replace", triggersReplace);
  return resource;
}

/**
 * What somebody would write who knows only the bindings, read from what the kit has synthesized; what others refer to
 * comes first.
 */
export function statementsOf({ provider, variable, resource, data }: TerraformJson): Statement[] {
  const all = new Map(
    [
      ...Object.entries(variable).map(([name, body]) => statement("var", name, [name], body)),
      ...provider.keycloak.map((body) => statement("keycloak", "", ["keycloak"], body)),
      ...resourceStatements("", resource),
      ...resourceStatements("data.", data),
    ].map((one) => [one.address, one]),
  );
  const ordered = new Set<Statement>();
  const visit = (address: string): void => {
    const found = all.get(address);
    if (!found || ordered.has(found)) return;
    for (const gap of found.gaps) visit(gap.address);
    ordered.add(found);
  };
  for (const address of all.keys()) visit(address);
  return [...ordered];
}

function resourceStatements(prefix: string, resources: Resources): Statement[] {
  return Object.entries(resources).flatMap(([type, byId]) =>
    Object.entries(byId).map(([id, { "//": comment, ...body }]) => {
      const { metadata } = comment as { metadata: { path: string } };
      return statement(`${prefix}${type}`, id, metadata.path.split("/").slice(1), body);
    }),
  );
}

function statement(type: string, id: string, path: readonly string[], body: Json): Statement {
  const { depends_on: addresses, provisioner, ...attributes } = body;
  const gaps: Gap[] = [];
  const config = properties(attributes, gaps);
  if (addresses) {
    const dependsOn: unknown[] = [];
    for (const address of addresses as string[]) {
      gaps.push({ address, fill: (resource) => dependsOn.push(resource) });
    }
    config.dependsOn = dependsOn;
  }
  if (provisioner) {
    config.provisioners = (provisioner as Json[]).flatMap((one) =>
      Object.entries(one).map(([type, settings]) => ({ type, ...properties(settings as Json, gaps) })),
    );
  }
  return { address: `${type}.${id}`, type, path, config, gaps };
}

/** Attributes whose keys are not the provider's. */
const free = new Set(["attributes", "config", "environment", "extra_config", "triggers_replace"]);

/** The properties of a binding for attributes in Terraform's JSON. */
function properties(attributes: Json, gaps: Gap[], rename = camelCase): Json {
  const result: Json = {};
  for (const [name, value] of Object.entries(attributes)) {
    const key = rename(name);
    const fill = (reference: unknown) => {
      result[key] = reference;
    };
    const [, address, attribute] =
      /^\$\{(var\.\w+|(?:data\.)?\w+\.[\w-]+(?=\.))\.?(\w*)\}$/.exec(String(value)) ?? [];
    if (address) {
      gaps.push({ address, attribute: attribute ? camelCase(attribute) : "stringValue", fill });
    } else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      result[key] = properties(value as Json, gaps, free.has(name) ? String : rename);
    } else {
      result[key] = value;
    }
  }
  return result;
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
