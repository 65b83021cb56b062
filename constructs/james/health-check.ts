import { HealthCheck } from "../workload/health-check";
import { type JamesConfig, listenersOf, listeningPorts } from "./james-config";

/**
 * Every protocol that is on says who it is. JMAP is asked for its well-known redirect: a session without a login would
 * be logged as an attack each time. It is 308 in 3.8, 302 from 3.9 on. Replies are read to their end, else James logs a connection reset.
 */
export function jamesHealthCheck(config: JamesConfig): HealthCheck {
  const portsOf = (protocol: keyof typeof replies) =>
    protocol === "jmap"
      ? [listeningPorts(config).jmap].filter((port) => port !== undefined)
      : listenersOf(config, protocol).map(({ port }) => port);
  const checks = (Object.keys(replies) as (keyof typeof replies)[]).flatMap((protocol) =>
    portsOf(protocol).map((port) => `says ${port} ${replies[protocol]}`),
  );
  return HealthCheck.script([says, ...checks].join("\n"));
}

/** `says <port> <pattern> [request]`: whether a line of the reply matches within 5 seconds. */
const says = `set -e
says() {
  exec 3<>"/dev/tcp/127.0.0.1/$1"
  if [[ $3 ]]; then printf "$3" >&3; fi
  while read -r -t 5 line <&3; do if [[ $line == $2 ]]; then ok=$1; break; fi; done
  if [[ $3 ]]; then while read -r -t 1 line <&3; do :; done; fi
  exec 3>&-
  [[ $ok == "$1" ]]
}`;

const replies = {
  imap: "'\\* OK *'",
  smtp: "'220 *'",
  sieve: "'OK*'",
  jmap: "'HTTP/1.1 30[28] *' 'GET /.well-known/jmap HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n'",
};
