/** How the engine finds out that a service does its work; rendered to Docker's health check. */
export class HealthCheck {
  private constructor(readonly test: string[]) {}

  /** A bash script that exits 0 when the service works. It must not hold a secret: it is stored in the state. */
  static script(script: string): HealthCheck {
    return new HealthCheck(["CMD", "bash", "-c", script]);
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
