import { Construct } from "constructs";
import { hasControlCharacter } from "../../kit/control-character";
import { checkProps, type Rule } from "../terraform/rules";
import { HealthCheck } from "../workload/health-check";
import type { Image } from "../workload/image";
import { type ContainerLimits, limitsOf } from "../workload/limits";
import type { Secret } from "../workload/secret";
import type { InternalTls, ServerCertificate } from "../workload/server-certificate";
import { type Engine, Workload } from "../workload/workload";
import { redisCli, redisPasswordFile, redisSocket } from "./redis-cli";
import { redisPort } from "./redis-port";

/** How to reach a Redis: the kit's own or an existing one. */
export interface IRedis {
  readonly host: string;
  readonly port: number;
  /** Whether by TLS, with a certificate of `host`, which is a DNS name, and of `ca`. @default false */
  readonly tls?: boolean;
  /** Certificates in PEM of which its own must be. Needed with `tls`. @default none */
  readonly ca?: string;
  /** Its user (ACL) of this password. @default Redis's default user */
  readonly user?: string;
  readonly password: Secret;
}

export interface RedisServerProps extends ContainerLimits {
  readonly engine: Engine;
  readonly image: Image;
  readonly password: Secret;
  /** DNS name on the environment's network. @default "redis.example.com" */
  readonly host?: string;
  /** TLS, and nothing else for others, on the same port. @default none: they come in clear */
  readonly tls?: InternalTls;
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

/** A Redis that loses nothing at a restart: every write goes to its append-only file, on a volume. */
export class RedisServer extends Construct implements IRedis {
  readonly host: string;
  readonly port = redisPort;
  readonly password: Secret;
  readonly tls?: boolean;
  readonly ca?: string;
  readonly service: Workload;

  constructor(scope: Construct, id: string, props: RedisServerProps) {
    super(scope, id);
    checkProps(this, props, rules);
    this.host = props.host ?? "redis.example.com";
    this.password = props.password;
    const { tls } = props;
    if (tls) {
      this.tls = true;
      this.ca = tls.ca;
    }
    this.service = new Workload(this, "service", {
      engine: props.engine,
      name: "redis",
      image: props.image,
      aliases: [this.host],
      command: tls ? ["bash", startPath] : ["redis-server", configurationPath],
      files: [
        { path: configurationPath, content: renderRedis(props), secret: true },
        { path: redisPasswordFile, content: props.password.reveal(), secret: true },
        ...(tls ? [{ path: startPath, content: renderStart(tls.certificate) }] : []),
      ],
      volumes: [
        { name: "redis-data", path: "/data", holds: "ended sessions" },
        ...(tls ? [tls.certificate.volume] : []),
      ],
      healthCheck: HealthCheck.script(`${redisCli(tls !== undefined)} ping | grep -qx PONG`),
      ...limitsOf(props),
    });
  }
}

const configurationPath = "/etc/redis/kit.conf";
const startPath = "/etc/redis/kit-start";
/** Copies of the certificates, each under another name: a path that stays Redis does not read again. */
const copies = "/dev/shm/certificates";

const encrypted = `port 0
tls-port ${redisPort}
tls-cert-file ${copies}/0.pem
tls-key-file ${copies}/0.pem
tls-auth-clients no
tls-protocols "TLSv1.2 TLSv1.3"
unixsocket ${redisSocket}
unixsocketperm 700
`;

/** Waits for the certificate, starts Redis, and has it take each new one; connections stay. */
function renderStart({ chainFile, keyFile }: ServerCertificate): string {
  return `#!/bin/bash
set -euo pipefail
umask 077
mkdir -p ${copies}
copy() { cat ${chainFile} ${keyFile} >${copies}/new && mv ${copies}/new "${copies}/$1.pem"; }
if [[ ! -s ${chainFile} ]]; then echo "waiting for ${chainFile} and its key"; fi
trap 'exit 143' TERM INT
until copy 0 2>/dev/null; do sleep 0.5; done
trap - TERM INT
watch() {
  local number=0
  while sleep 10; do
    cat ${chainFile} ${keyFile} 2>/dev/null | cmp -s - "${copies}/$number.pem" && continue
    copy $((number + 1)) 2>/dev/null || continue
    pair=${copies}/$((number + 1)).pem
    if ${redisCli(true)} config set tls-cert-file "$pair" tls-key-file "$pair" | grep -qx OK; then
      rm "${copies}/$number.pem"
      number=$((number + 1))
    fi
  done
}
watch &
exec redis-server ${configurationPath}
`;
}

/**
 * redis.conf. The append-only file has no preamble in RDB, the format of snapshots: it differs between releases, so that an
 * older Redis (the image that the kit builds) would not start with the data of a newer one (the registry's). What is answered is
 * on the disk: by \`everysec\` Redis answers up to two seconds before it has written at all, and a logout that Keycloak has
 * been told of would be forgotten.
 *
 * https://redis.io/docs/latest/operate/oss_and_stack/management/config-file/ */
function renderRedis({ password, maxDataMb = 64, tls }: RedisServerProps): string {
  const quoted = password.reveal().replace(/["\\]/g, "\\$&");
  return `bind 0.0.0.0
${tls ? encrypted : "port 6379\n"}requirepass "${quoted}"
dir /data
appendonly yes
appendfsync always
aof-use-rdb-preamble no
save ""
maxmemory ${maxDataMb}mb
maxmemory-policy noeviction
`;
}
