import { redisCli } from "../../../constructs/redis/redis-cli";
import { outputOf, runIn } from "./in-container";

/** A Redis of the kit's. */
export interface RedisPlace {
  readonly container: string;
  /** Whether others reach it by TLS. */
  readonly tls: boolean;
}

const withCli = ({ tls }: RedisPlace, script: string) => `cli() { ${redisCli(tls)} "$@"; }\n${script}`;

/**
 * The data of a Redis in use at one moment, as commands that make it: the base of an append-only file that it has just written
 * anew. It has no preamble in RDB (see `RedisServer`), so that another release reads it, too.
 *
 * @see https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/
 */
export function commandsOf(where: RedisPlace): AsyncGenerator<Uint8Array> {
  return outputOf(
    where,
    withCli(
      where,
      `value() { cli info persistence | tr -d '\\r' | sed -n "s/^$1://p"; }
before=$(value aof_rewrites)
[[ -n $before ]] || { cli ping >&2; exit 1; }
until answer=$(cli bgrewriteaof) && [[ $answer == Background* ]]; do
  [[ $answer == *"already in progress"* ]] || { echo "bgrewriteaof: $answer" >&2; exit 1; }
  sleep 0.2
done
# Scheduled, it begins once nothing else is written: at once, or it cannot, which Redis tries for ever.
for ((idle = 0; idle < 100; idle += 1)); do
  if (($(value rdb_bgsave_in_progress) || $(value aof_rewrite_in_progress))); then idle=0
  elif (($(value aof_rewrites) > before && $(value aof_rewrite_scheduled) == 0)); then break; fi
  sleep 0.1
done
((idle < 100)) || { echo "Redis does not begin to write its file anew: $answer" >&2; exit 1; }
[[ $(value aof_last_bgrewrite_status) == ok ]] || { echo "Redis cannot write its file anew" >&2; exit 1; }
cd /data/appendonlydir
exec cat "$(sed -n 's/^file \\([^ ]*\\) seq [0-9]* type b.*/\\1/p' appendonly.aof.manifest)"`,
    ),
  );
}

/** Gives a Redis the data that `commandsOf` told, and nothing else. */
export async function loadCommands(where: RedisPlace, commands: AsyncIterable<Uint8Array>): Promise<void> {
  await runIn(
    where,
    withCli(
      where,
      `cli flushall >/dev/null
said=$(cli --pipe)
[[ $said == *"errors: 0"* ]] || { echo "$said" >&2; exit 1; }`,
    ),
    commands,
  );
}

/** How many keys it has. */
export async function keysOf(where: RedisPlace): Promise<number> {
  return Number(await runIn(where, withCli(where, "cli dbsize")));
}
