import type { Construct } from "constructs";
import type { Plugin } from "../plugins/plugin/plugin";
import type { ApisixCapabilities } from "../schema/capabilities";
import type { ConfigMap } from "../values/apisix-value";
import { ApisixObject, type DescribedProps, described, pluginDocument } from "./apisix-object";
import type { ApisixUpstream } from "./apisix-upstream";

export interface ApisixServiceProps extends DescribedProps {
  /** @default each route has its own */
  readonly upstream?: ApisixUpstream;
  /** @default none */
  readonly plugins?: readonly Plugin[];
  /** @default false */
  readonly enableWebSocket?: boolean;
  /** Hosts of routes that name none, as `mail.example.com` or `*.example.com`. @default every host */
  readonly hosts?: readonly string[];
}

/** What several routes have in common. */
export class ApisixService extends ApisixObject {
  readonly kind = "services";

  constructor(
    scope: Construct,
    id: string,
    readonly props: ApisixServiceProps,
  ) {
    super(scope, id, props);
  }

  document(apisix: ApisixCapabilities): ConfigMap {
    const { upstream, plugins, enableWebSocket, hosts } = this.props;
    return {
      id: this.objectId,
      ...described(this.props),
      hosts,
      upstream_id: upstream?.objectId,
      enable_websocket: enableWebSocket,
      plugins: plugins && pluginDocument(plugins, apisix),
    };
  }
}
