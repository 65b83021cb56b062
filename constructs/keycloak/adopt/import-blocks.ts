import { isObject } from "../../json";
import { type Editable, forEachObject } from "./shape";

/** https://developer.hashicorp.com/terraform/language/import */
export interface ImportBlock {
  /** Address of the resource. */
  readonly to: string;
  readonly id: string;
}

type Resources = Record<string, Record<string, Editable>>;

/** The objects of a realm that have ids, by kind and name. */
type Ids = ReadonlyMap<string, string>;

interface Context {
  readonly realm: string;
  readonly ids: Ids;
  /** The attribute of the resource that a reference is to, e.g. the client id behind `${keycloak_openid_client.x.id}`. */
  readonly nameBehind: (reference: unknown) => string | undefined;
  /** The resource that a reference is to. */
  readonly behind: (reference: unknown) => Editable | undefined;
}

/** What Terraform imports an object by, as the provider's documentation gives it; undefined: it does not exist. */
const importIds: readonly {
  readonly type: RegExp;
  readonly id: (resource: Editable, context: Context) => string | undefined;
}[] = [
  { type: /^keycloak_realm$/, id: (_, { realm }) => realm },
  { type: /^keycloak_(openid|saml)_client$/, id: (one, at) => inRealm(at, `client ${one.client_id}`) },
  { type: /^keycloak_(openid|saml)_client_scope$/, id: (one, at) => inRealm(at, `scope ${one.name}`) },
  {
    type: /^keycloak_role$/,
    id: (one, at) =>
      inRealm(
        at,
        one.client_id === undefined ? `role ${one.name}` : `role ${at.nameBehind(one.client_id)} ${one.name}`,
      ),
  },
  {
    type: /^keycloak_group$/,
    id: (one, at) =>
      inRealm(
        at,
        `group ${one.parent_id === undefined ? "" : `${at.nameBehind(one.parent_id)} `}${one.name}`,
      ),
  },
  { type: /^keycloak_user$/, id: (one, at) => inRealm(at, `user ${one.username}`) },
  {
    type: /^keycloak_(ldap|custom)_user_federation$/,
    id: (one, at) => inRealm(at, `federation ${one.name}`),
  },
  {
    type: /^keycloak_ldap_.*_mapper$/,
    id: (one, at) => {
      const federation = at.nameBehind(one.ldap_user_federation_id);
      return within(at, `federation ${federation}`, `mapper ${federation} ${one.name}`);
    },
  },
  {
    type: /^keycloak_(openid|saml|generic).*_protocol_mapper$/,
    id: (one, at) => {
      const [kind, path, reference] =
        one.client_scope_id === undefined
          ? ["client", "client", one.client_id]
          : ["scope", "client-scope", one.client_scope_id];
      const holder = at.nameBehind(reference);
      const [outer, own] = [
        at.ids.get(`${kind} ${holder}`),
        at.ids.get(`mapper ${kind} ${holder} ${one.name}`),
      ];
      return outer && own ? `${at.realm}/${path}/${outer}/${own}` : undefined;
    },
  },
  { type: /^keycloak_\w*identity_provider$/, id: (one, { realm }) => `${realm}/${one.alias}` },
  { type: /^keycloak_authentication_flow$/, id: (one, at) => inRealm(at, `flow ${one.alias}`) },
  {
    type: /^keycloak_(custom|hardcoded|attribute|user)\w*_identity_provider_mapper$/,
    id: (one, { realm, ids, nameBehind }) => {
      const provider = nameBehind(one.identity_provider_alias);
      const own = ids.get(`mapper ${provider} ${one.name}`);
      return own && `${realm}/${provider}/${own}`;
    },
  },
  {
    type: /^keycloak_authentication_subflow$/,
    id: (one, { realm, ids, nameBehind }) => {
      const own = ids.get(`flow ${one.alias}`);
      return own && `${realm}/${nameBehind(one.parent_flow_alias)}/${own}`;
    },
  },
  {
    type: /^keycloak_authentication_execution$/,
    id: (one, at) => {
      const own = stepId(one, at);
      return own && `${at.realm}/${at.nameBehind(one.parent_flow_alias)}/${own}`;
    },
  },
  {
    type: /^keycloak_authentication_execution_config$/,
    id: (one, at) => {
      const step = at.behind(one.execution_id);
      const outer = step && stepId(step, at);
      const own = at.ids.get(configLabel(outer)) ?? at.ids.get(`config ${one.alias}`);
      return outer && own ? `${at.realm}/${outer}/${own}` : undefined;
    },
  },
  { type: /^keycloak_required_action$/, id: (one, at) => inRealm(at, `required action ${one.alias}`) },
  {
    type: /^keycloak_realm_client_registration_policy$/,
    id: (one, at) => inRealm(at, `policy ${one.sub_type} ${one.name}`),
  },
];

function stepId(
  { parent_flow_alias, authenticator }: Editable,
  { ids, nameBehind }: Context,
): string | undefined {
  return ids.get(stepLabel(nameBehind(parent_flow_alias), authenticator));
}

/** Exports do not have the ids of steps: a running Keycloak tells them. */
export function stepLabel(flow: unknown, authenticator: unknown): string {
  return `step ${flow} ${authenticator}`;
}

/** Several configurations may have one name: a running Keycloak tells which is whose. */
export function configLabel(step: string | undefined): string {
  return `config of step ${step}`;
}

function inRealm({ realm, ids }: Context, object: string): string | undefined {
  const id = ids.get(object);
  return id && `${realm}/${id}`;
}

function within({ realm, ids }: Context, outer: string, object: string): string | undefined {
  const [first, second] = [ids.get(outer), ids.get(object)];
  return first && second ? `${realm}/${first}/${second}` : undefined;
}

/**
 * Import blocks for the resources of a stack whose objects exist.
 *
 * @param stack the synthesized stack
 * @param source the export, with ids
 * @param steps ids of steps of flows by their `stepLabel`, and of their configurations by `configLabel`
 */
export function importBlocks(
  stack: unknown,
  source: Editable,
  steps: ReadonlyMap<string, string> = new Map(),
): ImportBlock[] {
  const resources = (isObject(stack) && isObject(stack.resource) ? stack.resource : {}) as Resources;
  const addresses = new Map<string, Editable>(
    Object.entries(resources).flatMap(([type, ones]) =>
      Object.entries(ones).map(([name, one]) => [`${type}.${name}`, one] as const),
    ),
  );
  const context: Context = {
    realm: String(source.realm),
    ids: new Map([...idsOf(source), ...steps]),
    nameBehind: (reference) => {
      const [, address = "", attribute = ""] =
        /^\$\{(?:data\.)?(\w+\.[\w-]+)\.(\w+)\}$/.exec(String(reference)) ?? [];
      const one = addresses.get(address);
      if (!one) return typeof reference === "string" ? reference : undefined;
      const isClient = /^keycloak_\w+_client\./.test(address);
      const name = attribute === "id" ? (isClient ? one.client_id : (one.name ?? one.alias)) : one[attribute];
      return name === undefined ? undefined : String(name);
    },
    behind: (reference) => addresses.get(/^\$\{(\w+\.[\w-]+)\.\w+\}$/.exec(String(reference))?.[1] ?? ""),
  };
  return [...addresses].flatMap(([to, resource]) => {
    const type = to.slice(0, to.indexOf("."));
    const id = importIds.find((one) => one.type.test(type))?.id(resource, context);
    return id === undefined ? [] : [{ to, id }];
  });
}

function idsOf(source: Editable): Ids {
  const ids = new Map<string, string>();
  let holder = "";
  const parents: { path: string; name: string }[] = [];
  forEachObject(structuredClone(source), (kind, object, path) => {
    const add = (label: string) => {
      if (typeof object.id === "string") ids.set(label, object.id);
    };
    switch (kind) {
      case "client":
        holder = `client ${object.clientId}`;
        return add(holder);
      case "clientScope":
        holder = `scope ${object.name}`;
        return add(holder);
      case "protocolMapper":
        return add(`mapper ${holder} ${object.name}`);
      case "role": {
        const client = /^roles\.client\[(.*?)\]\[/.exec(path)?.[1];
        return add(client === undefined ? `role ${object.name}` : `role ${client} ${object.name}`);
      }
      case "group": {
        while (parents.length > 0 && !path.startsWith(`${parents.at(-1)?.path}.`)) parents.pop();
        const parent = parents.at(-1)?.name;
        parents.push({ path, name: String(object.name) });
        return add(`group ${parent === undefined ? "" : `${parent} `}${object.name}`);
      }
      case "user":
        return add(`user ${object.username}`);
      case "flow":
        return add(`flow ${object.alias}`);
      case "requiredAction":
        ids.set(`required action ${object.alias}`, String(object.alias));
        return;
      case "authenticatorConfig":
        return add(`config ${object.alias}`);
      case "identityProviderMapper":
        return add(`mapper ${object.identityProviderAlias} ${object.name}`);
      case "component":
        if (!path.includes(".subComponents[")) {
          holder = String(object.name);
          add(`policy ${object.subType} ${object.name}`);
          return add(`federation ${object.name}`);
        }
        return add(`mapper ${holder} ${object.name}`);
    }
  });
  return ids;
}
