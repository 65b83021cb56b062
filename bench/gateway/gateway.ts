import { ExitCode, KitError } from "../../kit/errors";
import { ensureEngine } from "../../setup/engine/engine";
import { killDescendants } from "../../test/e2e/support/kit";
import { freePort } from "../../test/engine";
import { mailUser } from "../../test/gateway/behaviour/echo-upstream";
import { ask, basic, bearer } from "../../test/gateway/behaviour/http";
import { findApisix } from "../../test/gateway/lab/apisix";
import type { PartOptions, Report } from "../report/report";
import { type BenchLab, closeBenchLab, startBenchLab } from "./gateway-lab";
import { type GatewayVariant, gatewayVariants, type RunningGateway } from "./gateway-variants";
import { type LoadSample, load } from "./load";
import { type LeftOut, loadFigures, loadTable } from "./load-figures";

const CONNECTIONS = 10;

/** Seconds of each run, and of the load on each target before the first: Keycloak's JVM compiles what is used. */
const RUN = 5;
const WARM_UP = 5;

const ABOUT_PORTS =
  "Containers are asked at their published ports, through the engine's proxy, as users ask them; the upstream and what APISIX_RUN starts are asked themselves.";

interface LoadTarget {
  readonly title: string;
  readonly url: string;
  readonly credentials: "basic" | "bearer";
  readonly samples: LoadSample[];
}

/**
 * What an authenticated `GET /jmap/session` costs through each gateway and way to authenticate, against the same
 * upstream without a gateway; in rounds, so that what else happens on the machine hits all.
 *
 * @throws KitError when a gateway takes a request without credentials, or does not answer 200 to one with them
 */
export async function benchGateway({ progress, runs }: PartOptions): Promise<Report> {
  await ensureEngine(progress);
  const leave = () => {
    killDescendants(process.pid);
    closeBenchLab();
  };
  process.on("exit", leave);
  const running: RunningGateway[] = [];
  try {
    const lab = await startBenchLab(progress);
    const direct = target("the upstream without a gateway", lab.upstreamUrl, "/jmap/session", "basic");
    const { gateways, leftOut } = await progress.step("start gateways", () =>
      startGateways(gatewayVariants(findApisix()), lab, running),
    );
    await checkRefusals(gateways);
    const targets = [direct, ...gateways];
    const total = targets.length * (WARM_UP + runs * RUN);
    progress.note(
      `${targets.length} targets, ${CONNECTIONS} connections: ${WARM_UP} s to warm up and ${runs} × ${RUN} s on each, ${total} s.`,
    );
    for (let run = 0; run <= runs; run++) {
      const title = run === 0 ? "warm up" : `ask each target (run ${run} of ${runs})`;
      await progress.step(title, async (detail) => {
        // A new one each time: it lives 5 minutes.
        const { access: token } = await lab.client.login("mail");
        for (const { title, url, credentials, samples } of targets) {
          detail(title);
          const headers =
            credentials === "basic" ? basic(mailUser.address, mailUser.password) : bearer(token);
          const seconds = run === 0 ? WARM_UP : RUN;
          const sample = await load({ title, url, headers, connections: CONNECTIONS, seconds });
          if (run > 0) samples.push(sample);
        }
      });
    }
    const figures = loadFigures(direct, gateways);
    return {
      targets: [],
      text: `${loadTable(figures, leftOut)}\n${ABOUT_PORTS}`,
      figures: { gateway: { connections: CONNECTIONS, seconds: RUN, figures, leftOut } },
    };
  } finally {
    await Promise.allSettled(running.map((gateway) => gateway.stop()));
    process.off("exit", leave);
    leave();
  }
}

async function startGateways(
  variants: readonly GatewayVariant[],
  lab: BenchLab,
  running: RunningGateway[],
): Promise<{ gateways: LoadTarget[]; leftOut: LeftOut[] }> {
  const gateways: LoadTarget[] = [];
  const leftOut: LeftOut[] = [];
  const withBasic = new Set<string>();
  for (const { gateway, tokens, start } of variants) {
    const title = `${gateway}, ${tokens}`;
    if (typeof start !== "function") {
      leftOut.push({ title, why: start.leftOut });
      continue;
    }
    const port = freePort();
    running.push(await start(lab, port));
    const baseUrl = `http://127.0.0.1:${port}`;
    // Basic is passed through, however tokens are checked: once is enough.
    if (!withBasic.has(gateway))
      gateways.push(target(`${gateway}, Basic`, baseUrl, "/jmap/session", "basic"));
    withBasic.add(gateway);
    gateways.push(target(title, baseUrl, "/oidc/jmap/session", "bearer"));
  }
  return { gateways, leftOut };
}

function target(
  title: string,
  baseUrl: string,
  path: string,
  credentials: LoadTarget["credentials"],
): LoadTarget {
  return { title, url: `${baseUrl}${path}`, credentials, samples: [] };
}

/** A gateway that lets everybody in would be fast too. */
async function checkRefusals(targets: readonly LoadTarget[]): Promise<void> {
  for (const { title, url, credentials } of targets) {
    const headers = credentials === "basic" ? basic(mailUser.address, "wrong") : bearer("wrong");
    const { status } = await ask(url, new URL(url).pathname, { headers });
    if (status === 401) continue;
    throw new KitError(
      "a gateway does not check credentials",
      [{ where: title, what: "the answer to wrong ones", got: status, allowed: [401] }],
      { exitCode: ExitCode.deployment },
    );
  }
}
