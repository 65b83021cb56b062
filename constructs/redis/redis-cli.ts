import { redisPort } from "./redis-port";

/** By which the container itself reaches it, where others come by TLS. */
export const redisSocket = "/dev/shm/redis.sock";

/** Where its container finds the password. */
export const redisPasswordFile = "/etc/redis/kit-password";

/**
 * The start of a command line of bash in a Redis's own container. The password reaches `redis-cli` by its environment: arguments
 * are seen in process lists.
 *
 * @param tls whether others come by TLS
 */
export function redisCli(tls: boolean): string {
  return `REDISCLI_AUTH=$(<${redisPasswordFile}) redis-cli ${tls ? `-s ${redisSocket}` : `-p ${redisPort}`}`;
}
