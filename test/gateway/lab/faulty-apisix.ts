import { defaultApisixLimits } from "../../../constructs/apisix/apisix-gateway-props";
import { renderGatewayConfig } from "../../../constructs/apisix/render-config";
import { isObject } from "../../../kit/json";
import { type Fault, faultyFileOf, node } from "../../apisix/check/faults";
import { freePort } from "../../engine";
import { type ApisixSource, startApisix } from "./apisix";
import type { GatewayLab } from "./gateway-lab";

const home = "/usr/local/apisix";

/** Which of the faults an APISIX does not bear: it drops an object, or answers a request 404 or 5xx. */
export async function brokenBy(
  source: Exclude<ApisixSource, { missing: string }>,
  lab: GatewayLab,
  faults: readonly Fault[],
): Promise<ReadonlySet<Fault>> {
  // A list of plugins holds for a whole file.
  const alone = faults.filter(({ more }) => more?.plugins !== undefined);
  const together = faults.filter((fault) => !alone.includes(fault));
  const broken = new Set<Fault>();
  for (const group of [together, ...alone.map((fault) => [fault])]) {
    for (const fault of await brokenOf(source, lab, group)) broken.add(fault);
  }
  return broken;
}

async function brokenOf(
  source: Exclude<ApisixSource, { missing: string }>,
  lab: GatewayLab,
  faults: readonly Fault[],
): Promise<Fault[]> {
  const port = freePort();
  const nameOf = (index: number) => `fault-${index}-`;
  const { host, port: upstreamPort } = lab.upstreamAddress;
  const text = faultyFileOf(faults, nameOf).replaceAll(node, `${host}:${upstreamPort}`);
  const files = [
    ...renderGatewayConfig({
      home,
      version: source.version,
      port,
      plugins: pluginsOf(faults),
      limits: { ...defaultApisixLimits, workers: 1 },
      secretText: (secret) => secret.reveal(),
    }),
    { path: `${home}/conf/apisix.yaml`, content: text },
  ];
  const apisix = await startApisix(source, lab, { name: "apisix-check", port, files });
  try {
    const statuses: number[] = [];
    for (const index of faults.keys()) {
      const answer = await fetch(`http://127.0.0.1:${port}/${nameOf(index)}`, { redirect: "manual" });
      await answer.arrayBuffer();
      statuses.push(answer.status);
    }
    const dropped = (await apisix.logs())
      .split("\n")
      .filter((line) => /failed to check item data|configured across different global rules/.test(line));
    return faults.filter((fault, index) => {
      const status = statuses[index] ?? 0;
      // What has no id of its own is told by its list.
      const lists = ["plugin_metadata", "plugins"].filter((list) => fault.more?.[list] !== undefined);
      const isTold = (line: string) =>
        line.includes(nameOf(index)) ||
        lists.some((list) => line.includes(`[${list}]`)) ||
        (fault.more?.global_rules !== undefined && line.includes("different global rules"));
      return status === 404 || status >= 500 || dropped.some(isTold);
    });
  } finally {
    await apisix.stop();
  }
}

/** Names of the plugins that they have, for config.yaml; what is none of APISIX's would stop it. */
function pluginsOf(faults: readonly Fault[]): string[] {
  const holders = faults.flatMap(({ plugins, more }) => [
    { plugins },
    ...Object.values(more ?? {}).flatMap((list) => (Array.isArray(list) ? list : [])),
  ]);
  const names = holders.flatMap((holder) =>
    isObject(holder) && isObject(holder.plugins) ? Object.keys(holder.plugins) : [],
  );
  return [...new Set([...names, "key-auth"])].filter((name) => name !== "limit-rec");
}
