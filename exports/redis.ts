/** Redis, in which gateways remember sessions that have ended. */
export { type IRedis, RedisServer, type RedisServerProps } from "../constructs/redis/redis-server";
