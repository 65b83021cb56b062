import type { HealthCheck, Probe } from "../workload/health-check";

/** Seconds that a check rests after a success, unless it is the first. */
const restSeconds = 20;

/** A file that says: the last check succeeded. In the container's memory, which is empty whenever the container starts. */
const marker = "/dev/shm/kit-healthy";

/**
 * When an engine of Docker's asks. A check is run a second after the one before has ended, and it is the check that rests
 * once the service works: a start, a recovery and a failure that has been seen are followed by the second, while an idle
 * platform costs next to nothing. (Engines from 25 on have a start interval of their own; Debian's has not.)
 *
 * What stops to work is `unhealthy` after half a minute; what hangs, so that the engine has to end the check, within
 * two. What starts is `starting` for up to ten minutes.
 */
export const healthSchedule = {
  interval: "1s",
  timeout: `${restSeconds + 10}s`,
  retries: 3,
  startPeriod: "10m0s",
};

/** The command that Docker runs in the container for a health check. */
export function healthTest({ probe }: HealthCheck): string[] {
  return ["CMD", "bash", "-c", withRest(script(probe))];
}

function script(probe: Probe): string {
  if (probe.kind === "command") return probe.script;
  const connect = `exec 3<>/dev/tcp/127.0.0.1/${probe.port}`;
  if (probe.kind === "tcp") return connect;
  const { path, host, status } = probe;
  return `${connect} && printf 'GET ${path} HTTP/1.1\\r\\nHost: ${host}\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r -t 5 line <&3 && [[ $line == *" ${status} "* ]]`;
}

/** The script of a check that rests after a success. It stands in no condition, where its `set -e` would have no effect. */
function withRest(script: string): string {
  return `(
${script}
)
if (($?)); then [[ -e ${marker} ]] && rm ${marker}; exit 1; fi
[[ -e ${marker} ]] && exec sleep ${restSeconds}
: >${marker}`;
}
