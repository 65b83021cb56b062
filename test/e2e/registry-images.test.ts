import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keycloakMemory } from "../../constructs/keycloak/keycloak-memory";
import { defaultRevocation } from "../../constructs/mail-platform/default-revocation";
import { imagesIn, registryImages } from "../../constructs/mail-platform/image-set";
import { docker, environmentPorts } from "../engine";
import { hasImage, KitProject, type KitRun, registrySettings } from "./kit";

const ports = environmentPorts();
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
  const wanted = imagesIn(registryImages(), { gateway, revocation: defaultRevocation(gateway) });
  const missing = Object.values(wanted).filter(({ folder, reference }) => !folder && !hasImage(reference));
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

  it("comes up from nothing, and every step of the smoke test succeeds", async () => {
    expectExit(await up(), 0);
    expect(seen.size).toBeGreaterThan(3);
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

async function signingKeys(): Promise<string[]> {
  const url = `http://127.0.0.1:${ports.keycloak}/auth/realms/oidc/protocol/openid-connect/certs`;
  const { keys } = (await (await fetch(url)).json()) as { keys: { kid: string }[] };
  return keys.map(({ kid }) => kid).sort();
}
