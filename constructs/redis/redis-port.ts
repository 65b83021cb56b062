/** Where Redis listens. */
export const redisPort = 6379;
