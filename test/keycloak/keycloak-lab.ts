import type KeycloakAdminClient from "@keycloak/keycloak-admin-client";
import type { RealmRepresentation } from "../../constructs/keycloak/representation/realm-template";
import { freePort, removeRuns, runName } from "../engine";
import { docker, startContainer, testLabel, until } from "../gateway/lab/docker";
import { kitImage } from "../gateway/lab/gateway-lab";

export const adminPassword = "admin password";

/** A Keycloak of the kit's image, alone and without realms. */
export interface KeycloakLab {
  /** Base URL on this machine. */
  readonly url: string;
  /** A new log-in, since tokens live a minute. */
  admin(): Promise<KeycloakAdminClient>;
  export(realm: string): Promise<RealmRepresentation>;
  close(): Promise<void>;
}

/** @param purpose names and labels its container and network */
export async function startKeycloakLab(purpose: string): Promise<KeycloakLab> {
  const test = runName(purpose);
  const network = `kit-${test}-test`;
  removeRuns(testLabel, purpose);
  await docker("network", "create", "--label", `${testLabel}=${test}`, network);
  const port = freePort();
  const name = `${network}-keycloak`;
  const settings = {
    "http-enabled": true,
    "http-port": port,
    hostname: `http://sso.example.com:${port}/auth`,
    "bootstrap-admin-username": "admin",
    "bootstrap-admin-password": adminPassword,
    "log-level": "WARN",
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
  await startContainer({
    ...{ test, network, name, image: await kitImage("keycloak"), aliases: [], ports: [port] },
    files: [{ path: "/opt/keycloak/conf/keycloak.conf", content: lines.join("") }],
  });
  const url = `http://127.0.0.1:${port}/auth`;
  const isReady = async () =>
    (await fetch(`${url}/realms/master`, { signal: AbortSignal.timeout(2000) })).status === 200;
  await until(name, 300, isReady);
  const lab: KeycloakLab = {
    url,
    async admin() {
      const { default: Client } = await import("@keycloak/keycloak-admin-client");
      const client = new Client({ baseUrl: url });
      await client.auth({
        grantType: "password",
        clientId: "admin-cli",
        username: "admin",
        password: adminPassword,
      });
      return client;
    },
    async export(realm) {
      const { realms } = await lab.admin();
      return realms.export({ realm, exportClients: true, exportGroupsAndRoles: true });
    },
    close: async () => removeRuns(testLabel, purpose),
  };
  return lab;
}
