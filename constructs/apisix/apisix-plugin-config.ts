import type { Construct } from "constructs";
import { ApisixObject, type DescribedProps, described, pluginDocument } from "./apisix-object";
import type { ConfigMap } from "./apisix-value";
import type { ApisixCapabilities } from "./capabilities";
import type { Plugin } from "./plugin";

export interface ApisixPluginConfigProps extends DescribedProps {
  readonly plugins: readonly Plugin[];
}

/** Plugins that several routes have in common, whatever their services. */
export class ApisixPluginConfig extends ApisixObject {
  readonly kind = "plugin_configs";

  constructor(
    scope: Construct,
    id: string,
    readonly props: ApisixPluginConfigProps,
  ) {
    super(scope, id, props);
  }

  document(apisix: ApisixCapabilities): ConfigMap {
    return {
      id: this.objectId,
      ...described(this.props),
      plugins: pluginDocument(this.props.plugins, apisix),
    };
  }
}
