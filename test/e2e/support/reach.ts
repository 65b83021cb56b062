import { spawnSync } from "node:child_process";

/** What people of a platform with `directGrants` can do there, as curl finds it. */
export class Reach {
  /** Of somebody who can do everything. */
  static readonly everything = { login: 200, basic: 200, imap: 0, token: 200 };

  constructor(
    private readonly ports: { readonly keycloak: number; readonly gateway: number; readonly imap: number },
    private readonly domain: string,
  ) {}

  /** With a password, and with a token. */
  of(name: string, password: string, token: string) {
    const user = `${name}@${this.domain}:${password}`;
    return {
      login: this.login(name, password),
      basic: this.#status("--user", user, this.#session("/")),
      imap: this.#curl("--user", user, `imap://127.0.0.1:${this.ports.imap}/`).code,
      token: this.#status("--header", `Authorization: Bearer ${token}`, this.#session("/oidc/")),
    };
  }

  /** Status of a login to Keycloak. */
  login(name: string, password: string): number {
    return this.#status(...this.#login(name, password));
  }

  tokenOf(name: string, password: string): string {
    return JSON.parse(this.#curl(...this.#login(name, password)).output).access_token;
  }

  #login(username: string, password: string): string[] {
    return [
      ...["--data-urlencode", `username=${username}`, "--data-urlencode", `password=${password}`],
      ...["--data", "grant_type=password&client_id=kit-smoke&scope=openid"],
      `http://sso.example.com:${this.ports.keycloak}/auth/realms/oidc/protocol/openid-connect/token`,
    ];
  }

  #session(path: string): string {
    return `http://apisix.example.com:${this.ports.gateway}${path}jmap/session`;
  }

  #status(...args: string[]): number {
    return Number(this.#curl("--output", "/dev/null", "--write-out", "%{http_code}", ...args).output);
  }

  #curl(...args: string[]): { code: number; output: string } {
    const { keycloak, gateway } = this.ports;
    const names = [`sso.example.com:${keycloak}`, `apisix.example.com:${gateway}`];
    const { status, stdout } = spawnSync(
      "curl",
      [
        ...["--silent", "--max-time", "20"],
        ...names.flatMap((name) => ["--resolve", `${name}:127.0.0.1`]),
        ...args,
      ],
      { encoding: "utf8" },
    );
    return { code: status ?? -1, output: stdout };
  }
}
