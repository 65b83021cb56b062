/** What is asked of a service to find out that it does its work. An engine asks it inside the container. */
export type Probe =
  | {
      readonly kind: "http";
      readonly port: number;
      readonly path: string;
      readonly host: string;
      readonly status: number;
    }
  | { readonly kind: "tcp"; readonly port: number }
  | { readonly kind: "command"; readonly script: string };

/** How the engine finds out that a service does its work. */
export class HealthCheck {
  private constructor(readonly probe: Probe) {}

  /** A bash script that exits 0 when the service works. It must not hold a secret: it is stored in the state. */
  static script(script: string): HealthCheck {
    return new HealthCheck({ kind: "command", script });
  }

  /** A connection to the container itself. Says less than the other two: that somebody listens. */
  static tcp(port: number): HealthCheck {
    return new HealthCheck({ kind: "tcp", port });
  }

  /**
   * An HTTP GET to the container itself that must answer `status`. Needs bash only: Keycloak's image has no curl.
   *
   * @param options.host the Host header. Default: localhost
   * @param options.status the expected status. Default: 200
   */
  static http(port: number, path: string, options: { host?: string; status?: number } = {}): HealthCheck {
    const { host = "localhost", status = 200 } = options;
    return new HealthCheck({ kind: "http", port, path, host, status });
  }
}
