import type { Construct } from "constructs";
import type { Plugin } from "../plugins/plugin/plugin";
import type { ApisixCapabilities } from "../schema/capabilities";
import type { Expression } from "../values/apisix-expression";
import type { ConfigMap } from "../values/apisix-value";
import { ApisixObject, type DescribedProps, described, pluginDocument } from "./apisix-object";
import type { ApisixPluginConfig } from "./apisix-plugin-config";
import type { ApisixService } from "./apisix-service";
import { type ApisixTimeout, type ApisixUpstream, timeoutDocument } from "./apisix-upstream";

export type ApisixMethod =
  | "GET"
  | "POST"
  | "PUT"
  | "DELETE"
  | "PATCH"
  | "HEAD"
  | "OPTIONS"
  | "CONNECT"
  | "TRACE"
  | "PURGE";

export interface ApisixRouteProps extends DescribedProps {
  /** Path: exact, or a prefix that ends in `*`. Either this or `uris`. @default none */
  readonly uri?: string;
  /** Several paths. @default none */
  readonly uris?: readonly string[];
  /** HEAD is none of GET's. @default all */
  readonly methods?: readonly ApisixMethod[];
  /** As `mail.example.com` or `*.example.com`. @default the service's, else every host */
  readonly hosts?: readonly string[];
  /** Addresses and networks of clients, as `10.0.0.0/8`. @default all */
  readonly remoteAddrs?: readonly string[];
  /** What else must hold of a request. @default nothing */
  readonly vars?: Expression;
  /** Of routes with the same path, the highest that matches is taken. @default 0 */
  readonly priority?: number;
  /** What it takes of its hosts, upstream and plugins. @default none */
  readonly service?: ApisixService;
  /** @default the service's */
  readonly upstream?: ApisixUpstream;
  /** Plugins that it shares with other routes. @default none */
  readonly pluginConfig?: ApisixPluginConfig;
  /** @default none of its own */
  readonly plugins?: readonly Plugin[];
  /**
   * Plugins of the service or the plugin config that are meant to be replaced. APISIX puts a route's plugin in place of
   * its plugin config's, and that in place of its service's, as a whole: nothing of the replaced one is left.
   *
   * @default none
   */
  readonly overrides?: readonly string[];
  /** @default the service's, else false */
  readonly enableWebSocket?: boolean;
  /** @default the upstream's */
  readonly timeout?: ApisixTimeout;
  /** Whether it is there at all. @default true */
  readonly enabled?: boolean;
}

/** Which requests go where, through which plugins. */
export class ApisixRoute extends ApisixObject {
  readonly kind = "routes";

  constructor(
    scope: Construct,
    id: string,
    readonly props: ApisixRouteProps,
  ) {
    super(scope, id, props);
  }

  document(apisix: ApisixCapabilities): ConfigMap {
    const { props } = this;
    // To the schema a plugin config alone is not enough.
    const plugins = props.plugins ?? (props.pluginConfig && []);
    return {
      id: this.objectId,
      ...described(props),
      uri: props.uri,
      uris: props.uris,
      methods: props.methods,
      hosts: props.hosts,
      remote_addrs: props.remoteAddrs,
      vars: props.vars,
      priority: props.priority,
      status: props.enabled === false ? 0 : undefined,
      service_id: props.service?.objectId,
      upstream_id: props.upstream?.objectId,
      plugin_config_id: props.pluginConfig?.objectId,
      enable_websocket: props.enableWebSocket,
      timeout: timeoutDocument(props.timeout),
      plugins: plugins && pluginDocument(plugins, apisix),
    };
  }

  /** Its paths. */
  get uris(): readonly string[] {
    return this.props.uris ?? (this.props.uri === undefined ? [] : [this.props.uri]);
  }

  /** Hosts that it is for; none for every host. */
  get hosts(): readonly string[] {
    return this.props.hosts ?? this.props.service?.props.hosts ?? [];
  }
}
