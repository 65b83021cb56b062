// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Terraform's notation
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { composeFile, withKeycloakInDevelopmentMode } from "../../bench/compose-file";

const directory = mkdtempSync(join(tmpdir(), "bench-test-"));
afterAll(() => rmSync(directory, { recursive: true }));

const secret = join(directory, "secret");
writeFileSync(secret, "p$w", { mode: 0o600 });

const health = {
  test: ["CMD", "bash", "-c", "[[ $$ == $${x} ]]"],
  interval: "2s",
  timeout: "10s",
  retries: 90,
};
const container = (settings: object) => ({
  name: "env-keycloak",
  image: "${docker_image.image_1.image_id}",
  labels: [{ label: "james-oidc-kit.environment", value: "env" }],
  wait: true,
  healthcheck: health,
  ...settings,
});
const synthesis = (containers: Record<string, ReturnType<typeof container>>) => ({
  resource: {
    docker_volume: { vol: { name: "env-data" } },
    docker_image: { image_1: { name: "kit/keycloak:1" } },
    docker_container: containers,
  },
});
const options = { prefix: "env", labels: { bench: "x" }, directory };

const full = synthesis({
  one: container({
    networks_advanced: [
      { name: "env-keycloak", aliases: ["sso.example.com"] },
      { name: "env-ldap.internal", aliases: [] },
    ],
    volumes: [{ volume_name: "${docker_volume.vol.name}", container_path: "/data" }],
    ports: [{ internal: 80, external: 8080, ip: "127.0.0.1" }],
    memory: 768,
    cpus: "0.5",
    provisioner: [{ "local-exec": { command: "docker update", environment: { KIT_MAX_PROCESSES: "99" } } }],
    memory_swap: 768,
    env: ["A=1"],
    capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] },
    log_driver: "json-file",
    log_opts: { "max-size": "10m" },
    upload: [
      { file: "/etc/a", content: "x $${y}", permissions: "0444" },
      { file: "/etc/b", source: secret, source_hash: "h", permissions: "0555" },
    ],
  }),
  two: container({ name: "env-james", depends_on: ["terraform_data.net", "docker_container.one"] }),
});

describe("the Compose file of a synthesis", () => {
  const { services, networks, volumes } = composeFile(full, options);
  const { keycloak, james } = services;

  it("has every container with what Terraform gives it", () => {
    expect(keycloak).toMatchObject({
      image: "kit/keycloak:1",
      labels: { bench: "x" },
      networks: { "env-keycloak": { aliases: ["sso.example.com"] }, "env-ldap.internal": { aliases: [] } },
      ports: ["127.0.0.1:8080:80"],
      cpus: "0.5",
      pids_limit: 99,
      mem_limit: "768m",
      memswap_limit: "768m",
      environment: ["A=1"],
      cap_drop: ["ALL"],
      cap_add: ["NET_BIND_SERVICE"],
      logging: { driver: "json-file", options: { "max-size": "10m" } },
    });
    expect(networks).toEqual({
      "env-keycloak": { labels: { bench: "x" } },
      "env-ldap.internal": { labels: { bench: "x" }, internal: true },
    });
    expect(volumes).toEqual({ "env-data": { labels: { bench: "x" } } });
  });

  it("waits for what Terraform waits for", () => {
    expect(james?.depends_on).toEqual({ keycloak: { condition: "service_healthy" } });
  });

  it("keeps every $ of a health check from both languages", () => {
    // Terraform reads $${ as ${; Compose reads $$ as $.
    expect(keycloak?.healthcheck).toEqual({ ...health, test: ["CMD", "bash", "-c", "[[ $$$$ == $${x} ]]"] });
  });

  it("mounts files that services which are not root can read, and the volume", () => {
    const mounts = keycloak?.volumes as { type: string; source: string; target: string }[];
    expect(mounts.map(({ type, target }) => [type, target]).sort()).toEqual([
      ["bind", "/etc/a"],
      ["bind", "/etc/b"],
      ["volume", "/data"],
    ]);
    const file = (name: string) => mounts.find(({ target }) => target === name)?.source as string;
    expect(readFileSync(file("/etc/a"), "utf8")).toBe("x ${y}");
    expect(readFileSync(file("/etc/b"), "utf8")).toBe("p$w");
    expect(statSync(file("/etc/b")).mode & 0o777).toBe(0o555);
  });

  it("refuses an attribute that it cannot express, for it would compare other containers", () => {
    expect(() => composeFile(synthesis({ one: container({ privileged: true }) }), options)).toThrow(
      "docker_container.privileged",
    );
  });

  it("runs Keycloak in development mode without what the kit's image prepares", () => {
    const development = withKeycloakInDevelopmentMode({ services, networks, volumes });
    const { keycloak: changed } = development.services;
    expect(JSON.stringify(changed?.entrypoint)).toContain("start-dev");
    for (const key of ["mem_limit", "environment", "cap_drop"]) expect(changed).not.toHaveProperty(key);
    expect(changed?.volumes).toContainEqual(
      expect.objectContaining({ type: "volume", volume: { nocopy: true } }),
    );
    expect(changed?.healthcheck).toEqual(keycloak?.healthcheck);
    expect(development.services.james).toEqual(james);
  });
});
