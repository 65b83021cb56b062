/** Seconds that a check rests after a success, unless it is the first. */
const restSeconds = 20;

/** In the container's own memory, which is empty whenever the container starts. */
const marker = "/dev/shm/kit-healthy";

/** How the engine finds out that a service does its work; rendered to Docker's health check. */
export class HealthCheck {
  /**
   * When the engine asks. A check is run a second after the one before has ended, and it is the check that rests once
   * the service works: a start, a recovery and a failure that has been seen are followed by the second, while an idle
   * platform costs next to nothing. (Engines from 25 on have a start interval of their own; Debian's has not.)
   *
   * What stops to work is `unhealthy` after half a minute; what hangs, so that the engine has to end the check, within
   * two. What starts is `starting` for up to ten minutes.
   */
  static readonly schedule = {
    interval: "1s",
    timeout: `${restSeconds + 10}s`,
    retries: 3,
    startPeriod: "10m0s",
  };

  private constructor(readonly test: string[]) {}

  /** A bash script that exits 0 when the service works. It must not hold a secret: it is stored in the state. */
  static script(script: string): HealthCheck {
    return new HealthCheck(["CMD", "bash", "-c", resting(script)]);
  }

  /**
   * An HTTP GET to the container itself that must answer `status`. Needs bash only: Keycloak's image has no curl.
   *
   * @param options.host the Host header. Default: localhost
   * @param options.status the expected status. Default: 200
   */
  static http(port: number, path: string, options: { host?: string; status?: number } = {}): HealthCheck {
    const { host = "localhost", status = 200 } = options;
    return HealthCheck.script(
      `exec 3<>/dev/tcp/127.0.0.1/${port} && printf 'GET ${path} HTTP/1.1\\r\\nHost: ${host}\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r -t 5 line <&3 && [[ $line == *" ${status} "* ]]`,
    );
  }
}

/** Not in a condition, which would take the effect from a script's `set -e`. */
function resting(script: string): string {
  return `(
${script}
)
if (($?)); then [[ -e ${marker} ]] && rm ${marker}; exit 1; fi
[[ -e ${marker} ]] && exec sleep ${restSeconds}
: >${marker}`;
}
