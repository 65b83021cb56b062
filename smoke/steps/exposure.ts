import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { docker } from "../../kit/docker";
import { slotsFor } from "../../kit/slots";
import type { Service } from "../../platform/model/addresses";
import { remoteEngineHost } from "../../setup/engine/engine";
import { connectLines } from "../clients/line-client";
import type { SmokeContext } from "./context";
import { expect } from "./expect";
import { statusAt, statusOf } from "./gateway-probe";
import type { Plan } from "./plan";

const run = promisify(execFile);

/** Milliseconds in which a mail protocol greets; HTTP waits to be asked. */
const GREETING = 500;

/** What must not be reachable: James's administration, and its JMAP port past the gateway, from wherever. */
export function exposureSteps(plan: Plan, context: SmokeContext): void {
  const { target } = context;

  plan.step(
    { id: "hidden.routes", title: "webadmin not behind the gateway", services: ["gateway"] },
    async (_, say) => {
      const paths = ["/domains", "/users", "/healthcheck", "/mailRepositories", "/oidc/users"];
      const found = await Promise.all(
        paths.map(async (path) => {
          const headers = { authorization: context.basic() };
          // Below the path of the public URL, and at its root.
          const [status, atRoot] = await Promise.all([
            statusOf(context, path, { headers }),
            statusAt(context, new URL(path, target.gatewayUrl), { headers }),
          ]);
          return status === 404 && atRoot === 404
            ? []
            : [`${path} answered ${status}, ${atRoot} at the root`];
        }),
      );
      expect(found.flat().length === 0, found.flat().join("; "));
      say(`404 for ${paths.join(", ")}`);
    },
  );

  plan.step(
    {
      id: "hidden.ports",
      title: "webadmin and JMAP ports of James not published",
      services: ["james"],
    },
    async (_, say) => {
      const published = portsOf(await bindings(target.containers.james));
      const others = published.filter(({ port }) => port !== target.ports.webadmin);
      const answers = await Promise.all(
        others.map(async ({ inside, port }) =>
          (await speaksHttp(target.publishedAt, port)) ? [`${port} (${inside} in the container)`] : [],
        ),
      );
      expect(answers.flat().length === 0, `HTTP is published on ${answers.flat().join(", ")}`);
      const webadmin = target.ports.webadmin ? `; webadmin on ${target.ports.webadmin} as asked for` : "";
      say(
        `published: ${others.map(({ port }) => port).join(", ") || "nothing"}, none speaks HTTP${webadmin}`,
      );
    },
  );

  plainSteps(plan, context);

  plan.step(
    {
      id: "hidden.james",
      title: "James does not believe X-User, and has no webadmin, for neighbours and this machine",
      services: ["james"],
      skip: target.capabilities.xUserSecret
        ? undefined
        : "the running James believes X-User from whoever reaches it",
    },
    async (_, say) => {
      const { james, ...neighbours } = target.containers;
      const request = (path: string) =>
        `GET ${path} HTTP/1.1\\r\\nHost: james\\r\\nX-User: ${context.user.mail}\\r\\nConnection: close\\r\\n\\r\\n`;
      const addresses = await addressesOf(james);
      const doors = [
        { port: 80, path: "/jmap/session", shut: /^HTTP\/1\.\d 401/ },
        ...(target.ports.webadmin === undefined ? [{ port: 8000, path: "/users", shut: undefined }] : []),
      ];
      const { inside } = target.ports;
      // Of another machine the addresses of containers mean nothing here.
      const isRemote = (await remoteEngineHost()) !== undefined;
      // SSH has ten sessions a connection.
      const slots = slotsFor(isRemote ? 8 : 100);
      const places = [
        ...(isRemote
          ? []
          : [{ from: undefined, open: { address: target.publishedAt, port: target.imap.port } }]),
        ...Object.entries(neighbours).map(([service, from]) => ({
          from,
          open: { address: "127.0.0.1", port: inside[service as Service] },
        })),
      ];
      const wrong = await Promise.all(
        places.flatMap(({ from, open: { address, port } }) => [
          // A port that must be reachable is, where it listens itself: else a closed one would prove nothing.
          port === undefined
            ? []
            : slots(() => probe(from, address, port)).then((answer) =>
                answer === undefined
                  ? [`${from ?? "this machine"} does not even reach ${address}:${port}`]
                  : [],
              ),
          ...addresses.flatMap((address) =>
            doors.map(async ({ port, path, shut }) => {
              const answer = await slots(() => probe(from, address, port, request(path)));
              if (answer === undefined || shut?.test(answer)) return [];
              return [`${from ?? "this machine"}: ${address}:${port}${path} answered ${answer || "nothing"}`];
            }),
          ),
        ]),
      );
      expect(wrong.flat().length === 0, wrong.flat().join("; "));
      say(`asked from ${Object.values(neighbours).join(", ")}${isRemote ? "" : " and this machine"}`);
    },
  );
}

/** Where something has TLS: what is not meant to be reached without is not. */
function plainSteps(plan: Plan, { target }: SmokeContext): void {
  if (!target.gateway.tls && !target.sso?.tls) return;
  plan.step(
    {
      id: "hidden.plain",
      title: "HTTP without TLS published only where it is meant",
      services: ["gateway", "keycloak"],
    },
    async (_, say) => {
      const { gateway, keycloak } = target.containers;
      const containers = [gateway, keycloak].filter((name) => name !== undefined);
      const published = (await Promise.all(containers.map(bindings))).flat().map((binding) => ({
        ...binding,
        meant: target.ports.cleartext.find(({ port }) => port === binding.port),
      }));
      const wrong = await Promise.all(
        published.map(async ({ address, port, inside, meant }) => {
          if (meant?.address !== undefined && address !== meant.address) {
            return [`${address}:${port} (${inside}) is published beyond ${meant.address}`];
          }
          const isSaid = meant !== undefined || !(await answersHttp(target.publishedAt, port));
          return isSaid ? [] : [`${port} (${inside} in the container) answers without TLS`];
        }),
      );
      expect(wrong.flat().length === 0, wrong.flat().join("; "));
      const clear = published.filter(({ meant }) => meant);
      say(clear.map(({ address, port }) => `${address}:${port}`).join(", ") || "nowhere");
    },
  );
}

/** With what there is in every image: seconds for the connection are few, since where no way leads they pass in vain. */
const knock = `timeout 2 bash -c ': <>"/dev/tcp/$0/$1"' "$0" "$1" || exit
echo connected
[ -z "$2" ] || { exec 3<>"/dev/tcp/$0/$1" && printf %b "$2" >&3 && timeout 10 head -n 1 <&3; }`;

/** Connects from inside a container, or from this machine. @returns the first line of the answer; undefined when nobody is there */
async function probe(from: string | undefined, address: string, port: number, request = "") {
  const [command = "", ...args] = [
    ...(from === undefined ? [] : ["docker", "exec", from]),
    ...["bash", "-c", knock, address, String(port), request],
  ];
  const said = await run(command, args, { timeout: 20_000 }).then(
    ({ stdout }) => stdout,
    ({ stdout = "" }: { stdout?: string }) => stdout,
  );
  const [connected, answer = ""] = said.split("\n");
  return connected === "connected" ? answer.trim() : undefined;
}

/** Addresses of a container on the engine's networks. */
async function addressesOf(container: string): Promise<string[]> {
  const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}";
  const { stdout } = await docker(["inspect", "--format", format, container], { timeoutMs: 10_000 });
  return stdout.split(/\s+/).filter(Boolean);
}

/** A port of a container that the engine publishes. */
interface Binding {
  /** `80/tcp` */
  readonly inside: string;
  readonly address: string;
  readonly port: number;
}

/** Asks the engine, since a closed port says nothing about whose it would be. */
async function bindings(container: string): Promise<Binding[]> {
  const { stdout } = await docker(["inspect", "--format", "{{json .NetworkSettings.Ports}}", container], {
    timeoutMs: 10_000,
  });
  const ports = JSON.parse(stdout) as Record<string, { HostIp: string; HostPort: string }[] | null>;
  return Object.entries(ports).flatMap(([inside, hosts]) =>
    (hosts ?? []).map(({ HostIp, HostPort }) => ({ inside, address: HostIp, port: Number(HostPort) })),
  );
}

/** A port published on IPv4 and IPv6 is listed twice. */
function portsOf(bindings: readonly Binding[]): Binding[] {
  return bindings.filter(({ port }, index) => bindings.findIndex((other) => other.port === port) === index);
}

async function speaksHttp(host: string, port: number): Promise<boolean> {
  const greeted = await firstLine(host, port);
  if (greeted) return false;
  return (await firstLine(host, port, "GET / HTTP/1.0\r\n"))?.startsWith("HTTP/") ?? false;
}

/** Whether something answers HTTP without TLS otherwise than that it wants TLS, as some servers say in clear. */
async function answersHttp(host: string, port: number): Promise<boolean> {
  const answer = await firstLine(
    host,
    port,
    "GET / HTTP/1.1\r\nHost: smoke.example.com\r\nConnection: close\r\n",
  );
  return answer?.startsWith("HTTP/") === true && !/^HTTP\/1\.[01] 400\b/.test(answer);
}

/** Undefined when nothing comes, or the connection is closed. */
async function firstLine(host: string, port: number, request?: string): Promise<string | undefined> {
  try {
    const lines = await connectLines({ host, port }, GREETING);
    if (request) lines.writeLine(request);
    const line = await lines.readLine();
    lines.close();
    return line;
  } catch {
    return undefined;
  }
}
