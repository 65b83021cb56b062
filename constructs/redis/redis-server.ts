import { Construct } from "constructs";
import { hasControlCharacter } from "../../kit/control-character";

import { checkProps, type Rule } from "../terraform/rules";
import { HealthCheck } from "../workload/health-check";
import type { Image } from "../workload/image";
import { type ContainerLimits, limitsOf } from "../workload/limits";
import type { Secret } from "../workload/secret";
import { type Engine, Workload } from "../workload/workload";
import { redisPort } from "./redis-port";

/** How to reach a Redis: the kit's own or an existing one. */
export interface IRedis {
  readonly host: string;
  readonly port: number;
  readonly password: Secret;
}

export interface RedisServerProps extends ContainerLimits {
  readonly engine: Engine;
  readonly image: Image;
  readonly password: Secret;
  /** DNS name on the environment's network. @default "redis.example.com" */
  readonly host?: string;
  /** Most memory for data, in MiB; when it is full, writes fail: a revoked token is never forgotten. @default 64 */
  readonly maxDataMb?: number;
}

const rules: Rule<RedisServerProps>[] = [
  {
    prop: "maxDataMb",
    check: ({ maxDataMb = 64, memoryMb }) =>
      memoryMb !== undefined && maxDataMb >= memoryMb
        ? {
            what: "data does not fit the container",
            got: maxDataMb,
            allowed: `less than memoryMb, ${memoryMb}`,
          }
        : undefined,
  },
  {
    prop: "password",
    check: ({ password }) =>
      hasControlCharacter(password.reveal())
        ? { what: "a password cannot hold a line break or another control character" }
        : undefined,
  },
];

/** A Redis that keeps what it is told: every write goes to its append-only file, on a volume. */
export class RedisServer extends Construct implements IRedis {
  readonly host: string;
  readonly port = redisPort;
  readonly password: Secret;
  readonly service: Workload;

  constructor(scope: Construct, id: string, props: RedisServerProps) {
    super(scope, id);
    checkProps(this, props, rules);
    this.host = props.host ?? "redis.example.com";
    this.password = props.password;
    this.service = new Workload(this, "service", {
      engine: props.engine,
      name: "redis",
      image: props.image,
      aliases: [this.host],
      command: ["redis-server", "/etc/redis/kit.conf"],
      files: [
        { path: "/etc/redis/kit.conf", content: renderRedis(props), secret: true },
        { path: "/etc/redis/kit-password", content: props.password.reveal(), secret: true },
      ],
      volumes: [{ name: "redis-data", path: "/data" }],
      // The password reaches redis-cli by its environment: arguments are seen in process lists.
      healthCheck: HealthCheck.script(
        "REDISCLI_AUTH=$(</etc/redis/kit-password) redis-cli -p 6379 ping | grep -qx PONG",
      ),
      ...limitsOf(props),
    });
  }
}

/**
 * Whose data every release reads: with a preamble in the format of snapshots, which changes, an older one would not start
 * over the data of a newer one, as the built image after the registry's.
 *
 * redis.conf, by https://redis.io/docs/latest/operate/oss_and_stack/management/config-file/ */
function renderRedis({ password, maxDataMb = 64 }: RedisServerProps): string {
  const quoted = password.reveal().replace(/["\\]/g, "\\$&");
  return `bind 0.0.0.0
port 6379
requirepass "${quoted}"
dir /data
appendonly yes
appendfsync everysec
aof-use-rdb-preamble no
save ""
maxmemory ${maxDataMb}mb
maxmemory-policy noeviction
`;
}
