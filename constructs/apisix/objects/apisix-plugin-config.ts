import type { Construct } from "constructs";
import type { Plugin } from "../plugins/plugin/plugin";
import type { ApisixCapabilities } from "../schema/capabilities";
import type { ConfigMap } from "../values/apisix-value";
import { ApisixObject, type DescribedProps, described, pluginDocument } from "./apisix-object";

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
