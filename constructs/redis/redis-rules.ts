import type { Problem } from "../../kit/errors";
import { certificateProblems } from "../workload/certificate-problems";
import type { IRedis } from "./redis-server";

/** What is wrong with how a Redis is reached. */
export function redisProblems(
  redis: Omit<IRedis, "password">,
): (Omit<Problem, "where"> & { readonly prop: keyof IRedis })[] {
  const { tls = false, ca, user } = redis;
  return [
    ...(tls && ca === undefined
      ? [
          {
            prop: "ca" as const,
            what: "nobody knows of which authority its certificate is to be",
            fix: "Name the certificates",
          },
        ]
      : []),
    ...certificateProblems(redis),
    ...(user === undefined || /^[^\s\p{Cc}]+$/u.test(user)
      ? []
      : [
          {
            prop: "user" as const,
            what: "no user of Redis has such a name",
            got: user,
            allowed: "no blanks",
          },
        ]),
  ];
}
