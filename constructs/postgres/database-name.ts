import type { Problem } from "../../kit/errors";

/** Names that mean something else in PostgreSQL's own files. */
const reserved = ["all", "postgres", "public", "replication", "samegroup", "samerole", "sameuser"];

/** What is wrong with the name of a database or role, if anything. */
export function databaseNameProblem(name: string): Omit<Problem, "where"> | undefined {
  return /^[a-z_][a-z0-9_]{0,62}$/.test(name) && !reserved.includes(name) && !/^(pg_|template)/.test(name)
    ? undefined
    : {
        what: "no name of a database or role",
        got: name,
        allowed: "a-z, 0-9 and _, a letter first, at most 63 characters, none of PostgreSQL's own",
      };
}
