/** Where PostgreSQL listens. */
export const postgresPort = 5432;
