import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keycloakMemory } from "../../constructs/keycloak/server/keycloak-memory";
import { imagesIn, registryImages } from "../../platform/image-set";
import { defaultRevocation } from "../../platform/model/default-revocation";
import { docker, environmentPorts } from "../engine";
import { hasImage, KitProject, type KitRun, registrySettings } from "./support/kit";

const ports = environmentPorts();
const user = "james-user@localhost";
const project = new KitProject("kit-e2e-reg", { ...registrySettings, directGrants: true, ports });
const built = { KIT_IMAGES: "built", KIT_GATEWAY: "httpd" };

beforeAll(() => project.cleanUp());
afterAll(() => project.remove());

function expectExit(run: KitRun, exitCode: number): void {
  const failed = run.events.filter(({ smoke }) => smoke && !(smoke as { ok: boolean }).ok);
  expect(run.exitCode, [...failed.map((step) => JSON.stringify(step)), run.output].join("\n")).toBe(exitCode);
}

/** Volumes that nobody named: those that images declare. */
const declaredVolumes = () =>
  Object.values(project.containerIds()).flatMap((id) =>
    docker("inspect", "--format", "{{range .Mounts}}{{println .Name}}{{end}}", id).filter((name) =>
      /^[0-9a-f]{64}$/.test(name),
    ),
  );

const volumesLeft = (of: readonly string[]) =>
  docker("volume", "ls", "--quiet").filter((name) => of.includes(name));

it("down removes the volumes that images declare, which have a container's secret files", async () => {
  const [image = ""] = docker("images", "--quiet", "--filter", "reference=james-oidc-kit/base");
  const label = `james-oidc-kit.environment=${project.name}`;
  docker(
    "create",
    "--name",
    `${project.name}-declares`,
    "--label",
    label,
    "--volume",
    "/declared",
    image,
    "true",
  );
  const volumes = declaredVolumes();
  expect(volumes).toHaveLength(1);
  expectExit(await project.run(["down"]), 0);
  expect(volumesLeft(volumes)).toEqual([]);
});

/** Images as registries have them; where there is no registry, stand-ins of their layout under their names. */
describe("images of a registry", () => {
  const gateway = registrySettings.gateway as "apisix" | "httpd";
  const wanted = imagesIn(registryImages(), {
    gateway: { kind: gateway, revocation: defaultRevocation(gateway) },
  });
  const missing = Object.values(wanted)
    .flatMap((image) => [image, ...Object.values(image.bases)])
    .filter(({ folder, reference }) => !folder && !hasImage(reference));
  if (missing.length > 0) {
    const reason = `the engine has no ${missing.map(({ reference }) => reference).join(", ")}`;
    it("an environment's life", ({ skip }) => skip(reason));
  } else describe.sequential("an environment's life", life);
});

function life(): void {
  const seen = new Set<string>();
  const up = async (env: NodeJS.ProcessEnv = {}, ...options: string[]) => {
    const run = await project.run(["up", ...options], { env });
    for (const volume of declaredVolumes()) seen.add(volume);
    return run;
  };

  it("comes up from nothing, and every step of the smoke test succeeds, none left out", async () => {
    const run = await up();
    expectExit(run, 0);
    const leftOut = run.events.filter(({ smoke }) => (smoke as { skipped?: string } | undefined)?.skipped);
    expect(leftOut).toEqual([]);
    expect(seen.size).toBeGreaterThan(3);
  });

  it("James takes the gateway's word only with its secret, and OAUTHBEARER as curl sends it", async () => {
    const { james = "" } = project.containerIds();
    const networks = "{{range .NetworkSettings.Networks}}{{println .IPAddress}}{{end}}";
    const [address] = docker("inspect", "--format", networks, james);
    const session = [`http://${address}/jmap/session`, "--header", `X-User: ${user}`];
    for (const secret of [[], ["--header", "X-User-Secret: guess"]]) {
      const status = ["--output", "/dev/null", "--write-out", "%{http_code}"];
      expect(curl(...session, ...secret, ...status)).toBe("401");
    }
    const login = (token: string) =>
      curl("--user", `${user}:`, "--oauth2-bearer", token, "--url", `imap://127.0.0.1:${ports.imap}/`);
    expect(login(await accessToken())).toContain("INBOX");
    expect(() => login("e30.e30.e30")).toThrow(/67/);
  });

  it("has not drifted, and is not changed by another up", async () => {
    expectExit(await project.run(["drift"]), 0);
    expect((await project.run(["plan"])).result).toMatchObject({ changes: [] });
  });

  it("starts Keycloak with the least heap and memory that the rules allow", async () => {
    const { leastHeap, besideHeap } = keycloakMemory;
    const env = {
      KIT_RESOURCES_KEYCLOAK_HEAP_MB: String(leastHeap.registry),
      KIT_RESOURCES_KEYCLOAK_MEMORY_MB: String(leastHeap.registry + besideHeap.registry),
    };
    expectExit(await up(env), 0);
  });

  it("gives its data to built images, and takes it back", async () => {
    const keys = () => signingKeys();
    const before = await keys();
    for (const env of [built, {}]) {
      expectExit(await project.run(["down", "--keep-data", "--allow-loss", "mail"], { env }), 0);
      expectExit(await up(env), 0);
      expect(await keys()).toEqual(before);
      expectExit(await project.run(["drift"], { env }), 0);
    }
  });

  it("leaves no volume on the engine, also none of a container that was replaced", async () => {
    expectExit(await project.run(["down"]), 0);
    expect(project.leftovers()).toEqual([]);
    expect(volumesLeft([...seen])).toEqual([]);
  });
}

/** What curl prints. @throws Error with its exit code, 67 for a login that is refused */
const curl = (...args: string[]) =>
  execFileSync("curl", ["--silent", "--show-error", "--max-time", "30", ...args], { encoding: "utf8" });

async function accessToken(): Promise<string> {
  const { result } = await project.run(["secrets", "show", user]);
  const [password = ""] = Object.values(result.secrets as Record<string, string>);
  const form = { grant_type: "password", client_id: "kit-smoke", scope: "openid", username: user, password };
  const url = `http://127.0.0.1:${ports.keycloak}/auth/realms/oidc/protocol/openid-connect/token`;
  const answer = await fetch(url, { method: "POST", body: new URLSearchParams(form) });
  return ((await answer.json()) as { access_token: string }).access_token;
}

async function signingKeys(): Promise<string[]> {
  const url = `http://127.0.0.1:${ports.keycloak}/auth/realms/oidc/protocol/openid-connect/certs`;
  const { keys } = (await (await fetch(url)).json()) as { keys: { kid: string }[] };
  return keys.map(({ kid }) => kid).sort();
}
