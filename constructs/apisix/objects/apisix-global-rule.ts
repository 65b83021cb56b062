import type { Construct } from "constructs";
import type { Plugin } from "../plugins/plugin/plugin";
import type { ApisixCapabilities } from "../schema/capabilities";
import type { ConfigMap } from "../values/apisix-value";
import { ApisixObject, type ApisixObjectProps, pluginDocument } from "./apisix-object";

export interface ApisixGlobalRuleProps extends ApisixObjectProps {
  readonly plugins: readonly Plugin[];
}

/** Plugins for every request, also one that no route takes. They come before, and beside, those of a route. */
export class ApisixGlobalRule extends ApisixObject {
  readonly kind = "global_rules";

  constructor(
    scope: Construct,
    id: string,
    readonly props: ApisixGlobalRuleProps,
  ) {
    super(scope, id, props);
  }

  document(apisix: ApisixCapabilities): ConfigMap {
    return { id: this.objectId, plugins: pluginDocument(this.props.plugins, apisix) };
  }
}
