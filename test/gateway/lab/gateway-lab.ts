import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Upstream } from "../../../constructs/gateway/gateway-route";
import { realmAt } from "../../../constructs/keycloak/server/realm";
import type { ConfigFile } from "../../../constructs/workload/config-file";
import { Image } from "../../../constructs/workload/image";
import { Authority } from "../../authority";
import { freePort, removeRuns, runName } from "../../engine";
import { type EchoUpstream, startEchoUpstream } from "../behaviour/echo-upstream";
import { realmClient, testRealm } from "../behaviour/realm";
import { copyFiles, docker, logs, startContainer, testLabel, until } from "./docker";

export const redisPassword = `pa ss"w\\ord \${PATH} %41 &=+#'`;

/** Its user of the ACL: what the gateway's Lua needs, and nothing else. */
export const redisUser = { name: "kit", password: `of the "user"` };
const redisAcl =
  "~kit/* ~kit-logout/* &kit/set +@connection +get +mget +pttl +scan +eval +set +setex +publish +subscribe";
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** Keycloak, Redis and an echo upstream on a network of their own, for gateways to stand between. */
export interface GatewayLab {
  /** By TLS on port 6380 Redis shows a certificate of `redis.example.com`, and of this authority; another is another's. */
  readonly redisCa: string;
  readonly otherCa: string;
  readonly upstream: EchoUpstream;
  readonly upstreamAddress: Upstream;
  readonly realm: ReturnType<typeof realmAt>;
  /** `oidc`, which is `realm`, or `other`. */
  realmNamed(name: string): ReturnType<typeof realmAt>;
  readonly client: ReturnType<typeof realmClient>;
  /** Starts a gateway of an image of the kit, published on 127.0.0.1. */
  startGateway(
    name: string,
    image: string,
    port: number,
    files: readonly ConfigFile[],
    options?: GatewayOptions,
  ): Promise<void>;
  /** An authority of certificates, whose folder ends with the lab. */
  readonly authority: Authority;
  /** Address of each service by its name on the network, for a gateway that runs beside the engine. */
  addresses(): Promise<Record<string, string>>;
  /** Address of a gateway on the network. */
  addressOf(name: string): Promise<string>;
  stop(name: string): Promise<void>;
  /** Makes it silent: connections to it stay open. */
  pause(name: string): Promise<void>;
  unpause(name: string): Promise<void>;
  /** Starts what was stopped; Redis has forgotten everything. */
  start(name: "keycloak" | "redis"): Promise<void>;
  /** Output of a command in a container, both streams. @throws Error when it fails */
  execute(name: string, ...command: string[]): Promise<string>;
  /** Replaces files in a running container, one after the other. */
  replace(name: string, files: readonly ConfigFile[]): Promise<void>;
  logs(name: string): Promise<string>;
  close(): Promise<void>;
}

export interface GatewayOptions {
  /** @default the image's */
  readonly command?: readonly string[];
  /** Further ports. @default none */
  readonly ports?: readonly number[];
}

/** The reference of an image of the kit. @throws Error when it was not built */
export async function kitImage(name: string): Promise<string> {
  const { reference } = Image.built(join(__dirname, "../../../images", name));
  await docker("image", "inspect", reference).catch(() => {
    throw new Error(`image ${reference} is missing: \`scripts/up\` builds it`);
  });
  return reference;
}

/** @param purpose names its network and containers, and labels them: labs of several names can be there at a time */
export async function startGatewayLab(purpose = "gateway"): Promise<GatewayLab> {
  const test = runName(purpose);
  const network = `kit-${test}-test`;
  removeRuns(testLabel, purpose);
  await docker("network", "create", "--label", `${testLabel}=${test}`, network);
  const host = await docker("network", "inspect", network, "--format", "{{(index .IPAM.Config 0).Gateway}}");
  const upstream = await startEchoUpstream(host);
  const port = freePort();
  const url = `http://sso.example.com:${port}/auth`;
  const realms = ["oidc", "other"].map((name) =>
    testRealm(name, `http://${host}:${upstream.port}/logout-token`),
  );
  const folder = mkdtempSync(join(tmpdir(), "kit-gateway-lab-"));
  const authority = new Authority(folder);
  const redisCertificate = authority.certify("redis.example.com");
  const [keycloak, redis] = await Promise.all([kitImage("keycloak"), kitImage("redis")]);
  await Promise.all([
    startContainer({
      ...{
        test,
        network,
        name: `${network}-keycloak`,
        image: keycloak,
        aliases: ["sso.example.com"],
        ports: [port],
      },
      files: [
        {
          path: "/opt/keycloak/conf/keycloak.conf",
          content: `http-enabled=true\nhttp-port=${port}\nhostname=${url}\nlog-level=WARN\n`,
        },
        ...realms.map((realm) => ({
          path: `/opt/keycloak/kit/import/${realm.realm}.json`,
          content: JSON.stringify(realm),
        })),
      ],
    }),
    startContainer({
      ...{ test, network, name: `${network}-redis`, image: redis },
      aliases: ["redis.example.com", "unnamed-redis.example.com"],
      files: [
        {
          path: "/etc/redis/kit.conf",
          content: [
            ...["bind 0.0.0.0", 'save ""', `requirepass "${redisPassword.replace(/["\\]/g, "\\$&")}"`],
            `user ${redisUser.name} on #${sha256(redisUser.password)} ${redisAcl}`,
            ...["tls-port 6380", "tls-auth-clients no"],
            ...["tls-cert-file /etc/redis/server.pem", "tls-key-file /etc/redis/server.key"],
            "",
          ].join("\n"),
        },
        ...redisCertificate.map(({ name, content }) => ({ path: `/etc/redis/${name}`, content })),
      ],
    }),
  ]);
  const address = (name: string) =>
    docker(
      "inspect",
      "--format",
      `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`,
      `${network}-${name}`,
    );
  const local = `http://127.0.0.1:${port}/auth`;
  const answers = {
    keycloak: async () => (await probe(`${local}/realms/other/.well-known/openid-configuration`)) === 200,
    redis: async () => (await docker("exec", `${network}-redis`, "redis-cli", "ping")) !== "",
  };
  await until(`${network}-keycloak`, 300, answers.keycloak);
  return {
    redisCa: authority.certificate,
    otherCa: new Authority(folder, "other").certificate,
    upstream,
    upstreamAddress: { host: "james.example.com", port: upstream.port },
    realm: realmAt(url, "oidc"),
    realmNamed: (name) => realmAt(url, name),
    client: realmClient(local),
    authority,
    async startGateway(name, image, gatewayPort, files, { command, ports = [] } = {}) {
      const hosts = { "james.example.com": host };
      const container = `${network}-${name}`;
      await startContainer({
        test,
        network,
        name: container,
        image,
        aliases: [],
        ports: [gatewayPort, ...ports],
        files,
        hosts,
        ...(command && { command }),
      });
      // In it, where no proxy is asked for.
      const answer = `exec 3<>/dev/tcp/127.0.0.1/${gatewayPort} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && read -r -t 5 <&3`;
      await until(container, 20, async () => {
        await docker("exec", container, "bash", "-c", answer);
        return true;
      });
    },
    addressOf: address,
    async addresses() {
      return {
        "james.example.com": host,
        "sso.example.com": await address("keycloak"),
        "redis.example.com": await address("redis"),
        "unnamed-redis.example.com": await address("redis"),
      };
    },
    async stop(name) {
      await docker("kill", `${network}-${name}`);
    },
    async pause(name) {
      await docker("pause", `${network}-${name}`);
    },
    async unpause(name) {
      await docker("unpause", `${network}-${name}`);
    },
    async start(name) {
      await docker("start", `${network}-${name}`);
      await until(`${network}-${name}`, 300, answers[name]);
    },
    execute: (name, ...command) => docker("exec", `${network}-${name}`, ...command),
    replace: (name, files) => copyFiles(`${network}-${name}`, files),
    logs: (name) => logs(`${network}-${name}`),
    async close() {
      rmSync(folder, { recursive: true });
      await upstream.close();
      removeRuns(testLabel, purpose);
    },
  };
}

async function probe(url: string): Promise<number> {
  // The engine's proxy accepts connections before the service does, and never answers those.
  return (await fetch(url, { signal: AbortSignal.timeout(2000) })).status;
}
