import type { Construct } from "constructs";
import { ApisixObject, type ApisixObjectProps, pluginDocument } from "./apisix-object";
import type { ConfigMap } from "./apisix-value";
import type { ApisixCapabilities } from "./capabilities";
import type { Plugin } from "./plugin";

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
