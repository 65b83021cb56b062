import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KeycloakServer } from "../../constructs/keycloak/server/keycloak-server";
import type { KeycloakServerProps } from "../../constructs/keycloak/server/keycloak-server-props";
import { App, TerraformStack } from "../../constructs/terraform";
import type { ServerCertificate } from "../../constructs/workload/server-certificate";
import type { Workload } from "../../constructs/workload/workload";
import { builtImages } from "../../platform/image-set";
import { createCookieJar } from "../../smoke/clients/cookie-jar";
import { Authority } from "../authority";
import { removeRuns, runName } from "../engine";
import { docker, logs, startWorkload, testLabel, until } from "../gateway/lab/docker";
import { kitImage } from "../gateway/lab/gateway-lab";
import { secret } from "../template";

export const adminPassword = "admin password";

/** A certificate on a volume of a service, as the environment's store keeps it there. */
export const certificateOf = (host: string): ServerCertificate => ({
  hosts: [host],
  volume: { name: "certificates", path: "/run/certificates", readOnly: true },
  chainFile: "/run/certificates/public/chain.pem",
  keyFile: "/run/certificates/public/key.pem",
});

type Service = "keycloak" | "gateway";

/** A Keycloak of the kit's image as `KeycloakServer` describes it, alone on a network. */
export interface KeycloakServerLab {
  readonly server: KeycloakServer;
  /** Certificate of who certifies, and the file that has it. */
  readonly ca: string;
  readonly caFile: string;
  /** Gives a service its first certificate or, as a renewal does, another one. */
  certify(service: Service, host: string): Promise<void>;
  /** Waits until Keycloak answers the environment's services, or somebody who asks for a URL at a place. */
  isReady(place?: Place, url?: string): Promise<void>;
  /** Starts another service on the network. */
  start(service: Workload): Promise<void>;
  /** Address of a container. */
  address(service: Service): Promise<string>;
  /** Output of a command in Keycloak's container. */
  execute(...command: string[]): Promise<string>;
  /** The last lines of Keycloak's log. */
  logs(): Promise<string>;
  close(): Promise<void>;
}

/**
 * @param purpose names and labels its container, network and volumes
 * @param props with the address of this machine on its network
 */
export async function startKeycloakServer(
  purpose: string,
  props: (machine: string) => Promise<Omit<KeycloakServerProps, "engine" | "image" | "adminPassword">>,
): Promise<KeycloakServerLab> {
  const test = runName(purpose);
  const network = `kit-${test}-test`;
  const name = (service: Service) => `${network}-${service}`;
  removeRuns(testLabel, purpose);
  await docker("network", "create", "--label", `${testLabel}=${test}`, network);
  const machine = await docker(
    "network",
    "inspect",
    network,
    "--format",
    "{{(index .IPAM.Config 0).Gateway}}",
  );
  const [base] = await Promise.all([kitImage("base"), kitImage("keycloak")]);
  const folder = mkdtempSync(join(tmpdir(), "kit-keycloak-server-lab-"));
  const authority = new Authority(folder);
  const server = new KeycloakServer(new TerraformStack(new App(), "test"), "keycloak", {
    ...{ engine: { add() {} }, image: builtImages().keycloak, adminPassword: secret(adminPassword) },
    ...(await props(machine)),
  });
  await startWorkload({ test, network, name: name("keycloak") }, server.service);
  const address = (service: Service) =>
    docker(
      "inspect",
      "--format",
      `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`,
      name(service),
    );
  return {
    ...{ server, address, ca: authority.certificate, caFile: authority.path },
    async certify(service, host) {
      authority.certify(host);
      const pair = execFileSync("tar", ["-C", folder, "-cf", "-", "server.pem", "server.key"]);
      const store = `cd /run/certificates && new=$(mktemp -d -p .) && tar -C $new --no-same-owner -xf - &&
        mv $new/server.pem $new/chain.pem && mv $new/server.key $new/key.pem && chmod 755 $new && chmod 644 $new/* &&
        ln -s $new next && mv -T next public`;
      const volume = `${name(service)}-certificates:/run/certificates`;
      execFileSync("docker", ["run", "--rm", "-i", "--volume", volume, base, "bash", "-c", store], {
        input: pair,
      });
    },
    async isReady(place, url = `${server.internalUrl}/realms/master`) {
      const { port } = new URL(server.internalUrl);
      const answers = async () => {
        const found = place ?? { address: await address("keycloak"), port: Number(port) };
        return (await ask(found, url)).status === 200;
      };
      await until(name("keycloak"), 300, answers);
    },
    start: (service) => startWorkload({ test, network, name: name(service.name as Service) }, service),
    execute: (...command) => docker("exec", name("keycloak"), ...command),
    logs: () => logs(name("keycloak")),
    async close() {
      rmSync(folder, { recursive: true });
      removeRuns(testLabel, purpose);
    },
  };
}

/** Where a host of a URL is found. */
export interface Place {
  readonly address: string;
  readonly port: number;
  /** Authority of its certificate. */
  readonly ca?: string;
  /** @default a connection for each request */
  readonly agent?: https.Agent;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

export interface Question {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent by POST. */
  readonly form?: Readonly<Record<string, string>> | URLSearchParams;
}

/** Asks for a URL at a place, whose host it names; redirects are not followed. */
export function ask(place: Place, url: string, { headers = {}, form }: Question = {}): Promise<Answer> {
  const { protocol, host, hostname, pathname, search } = new URL(url);
  const secure = protocol === "https:";
  const body = form && new URLSearchParams(form).toString();
  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).request(
      {
        ...{ host: place.address, port: place.port, path: `${pathname}${search}`, timeout: 30_000 },
        ...{ method: body === undefined ? "GET" : "POST", agent: place.agent ?? false },
        ...(secure && { servername: hostname, ca: place.ca }),
        headers: {
          host,
          ...(body !== undefined && {
            "content-type": "application/x-www-form-urlencoded",
            "content-length": String(Buffer.byteLength(body)),
          }),
          ...headers,
        },
      },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part) => {
          text += part;
        });
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      },
    );
    request.on("error", reject);
    request.on("timeout", () => request.destroy(new Error(`no answer of ${url}`)));
    request.end(body);
  });
}

/** A browser's cookies for one place. */
export function askWithCookies(place: Place) {
  const jar = createCookieJar();
  return async (url: string, { headers, ...question }: Question = {}): Promise<Answer> => {
    const answer = await ask(place, url, {
      ...question,
      headers: { cookie: jar.header(new URL(url)), ...headers },
    });
    jar.store(new URL(url), answer.headers["set-cookie"] ?? []);
    return answer;
  };
}
