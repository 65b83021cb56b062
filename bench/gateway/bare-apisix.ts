import { defaultApisixLimits } from "../../constructs/apisix/apisix-gateway-props";
import { ApisixConfiguration } from "../../constructs/apisix/objects/apisix-configuration";
import { ApisixRoute } from "../../constructs/apisix/objects/apisix-route";
import { ApisixUpstream } from "../../constructs/apisix/objects/apisix-upstream";
import { openidConnect } from "../../constructs/apisix/plugins/authentication/openid-connect";
import { proxyRewrite } from "../../constructs/apisix/plugins/transformation/proxy-rewrite";
import { renderGatewayConfig } from "../../constructs/apisix/render-config";
import { mailUser } from "../../test/gateway/behaviour/echo-upstream";
import { resourceServer } from "../../test/gateway/behaviour/realm";
import { type ApisixSource, type RunningApisix, startApisix } from "../../test/gateway/lab/apisix";
import { testStack } from "../../test/template";
import type { BenchLab } from "./gateway-lab";

const home = "/usr/local/apisix";

/** APISIX with its own plugins only: passwords are passed on, tokens verified, and every token is the user's. */
export async function startBareApisix(
  source: Exclude<ApisixSource, { missing: string }>,
  lab: BenchLab,
  port: number,
): Promise<RunningApisix> {
  const { version } = source;
  const configuration = new ApisixConfiguration(testStack().stack, "bare", { version });
  const upstream = new ApisixUpstream(configuration, "james", { nodes: [lab.upstreamAddress] });
  new ApisixRoute(configuration, "basic", { uri: "/jmap/session", upstream });
  new ApisixRoute(configuration, "bearer", {
    uri: "/oidc/jmap/session",
    upstream,
    plugins: [
      openidConnect({
        clientId: resourceServer.clientId,
        discovery: lab.realm.discoveryUrl,
        bearerOnly: true,
        useJwks: true,
        claimValidator: { validIssuers: [lab.realm.issuer] },
      }),
      proxyRewrite({ uri: "/jmap/session", headers: { set: { "X-User": mailUser.address } } }),
    ],
  });
  const secretText = () => "";
  const files = [
    { path: `${home}/conf/apisix.yaml`, content: configuration.render(secretText) },
    ...renderGatewayConfig({
      ...{ home, version, port, secretText, limits: defaultApisixLimits },
      plugins: configuration.pluginNames(),
    }),
  ];
  return startApisix(source, lab, { name: "apisix-bare", port, files });
}
