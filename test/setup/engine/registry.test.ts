import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KitError } from "../../../kit/errors";
import { defaultReferences } from "../../../platform/image-references";
import { builtImages, builtJames, imagesIn, registryImages } from "../../../platform/image-set";
import { registryReferences } from "../../../setup/engine/images";
import { pullImages, unreachableImages } from "../../../setup/engine/registry";
import { createProgress } from "../../../setup/progress/progress";

const IMAGE = "apache/apisix:3.2.2";
const OTHER = "redis:8.2.3-bookworm";
const absent = { reference: IMAGE, refused: false };
let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "registry-"));
  vi.stubEnv("PATH", folder);
  vi.stubEnv("DOCKER_HOST", `unix://${folder}/socket`);
});
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
  server = undefined;
  vi.unstubAllEnvs();
});

/** A docker client that has these images, and with these commands ("manifest", "pull") succeeds for all. */
function docker(
  { has = [], commands = [] }: { has?: string[]; commands?: string[] },
  saying = "",
  printing = "",
): void {
  const script = `#!/bin/sh
echo "${printing}"
for last; do :; done
case "$1 ${has.join(" ")} " in image*" $last "*) exit 0;; esac
case " ${commands.join(" ")} " in *" $1 "*) exit 0;; esac
echo "${saying}" >&2
exit 1
`;
  writeFileSync(join(folder, "docker"), script, { mode: 0o755 });
}

async function engine(listener: RequestListener): Promise<void> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(join(folder, "socket"), resolve));
}

it("needs no registry for images that are there, but for each one that is not", async () => {
  await engine((_, response) => response.writeHead(500).end());
  docker({ has: [IMAGE, OTHER] });
  expect(await unreachableImages([IMAGE, OTHER])).toEqual([]);
  docker({ has: [OTHER] });
  expect(await unreachableImages([IMAGE, OTHER])).toEqual([absent]);
});

it.each([
  [200, []],
  [404, [absent]],
  [500, [absent]],
])("believes the engine, whose registry answers %d", async (status, unreachable) => {
  docker({ commands: ["manifest"] });
  let asked: string | undefined;
  await engine(({ url }, response) => {
    asked = url;
    response.writeHead(status).end("{}");
  });
  expect(await unreachableImages([IMAGE])).toEqual(unreachable);
  expect(asked).toBe(`/distribution/${IMAGE}/json`);
});

it.each([401, 403])(
  "where the engine gets %d, the client may know a login; without one that is told",
  async (status) => {
    await engine((_, response) => response.writeHead(status).end("{}"));
    docker({ commands: ["manifest"] });
    expect(await unreachableImages([IMAGE])).toEqual([]);
    docker({});
    expect(await unreachableImages([IMAGE])).toEqual([{ reference: IMAGE, refused: true }]);
  },
);

it("does not wait long for a registry that is silent", async () => {
  docker({});
  await engine(() => {});
  const started = Date.now();
  expect(await unreachableImages([IMAGE])).toEqual([absent]);
  expect(Date.now() - started).toBeLessThan(4_500);
});

it("asks through the docker client where the engine is no socket of this machine", async () => {
  docker({});
  expect(await unreachableImages([IMAGE])).toEqual([absent]);
  docker({ commands: ["manifest"] });
  expect(await unreachableImages([IMAGE])).toEqual([]);
  vi.stubEnv("DOCKER_HOST", "ssh://elsewhere");
  expect(await unreachableImages([IMAGE])).toEqual([]);
});

describe("pulling", () => {
  const images = new Map([
    ["apisix", IMAGE],
    ["redis", OTHER],
  ]);
  const pull = () => pullImages(images, createProgress({ json: true }));

  it("is of what the engine lacks", async () => {
    docker({ has: [IMAGE, OTHER] });
    await pull();
    docker({ has: [IMAGE], commands: ["pull"] });
    await pull();
  });

  it("without a registry is one error, which names the setting and the way without", async () => {
    docker({}, "Error response from daemon: Get https://registry-1.docker.io/v2/: no such host");
    const error = await pull().catch((error: KitError) => error);
    expect(error).toBeInstanceOf(KitError);
    const { problems, exitCode } = error as KitError;
    expect(exitCode).toBe(3);
    expect(problems).toEqual([
      {
        where: "images",
        what: `the engine does not get ${IMAGE}, ${OTHER}`,
        got: "registry",
        fix: expect.stringContaining("images: built"),
        lines: [expect.stringContaining("no such host")],
      },
    ]);
  });

  it("of one that the registry lacks names its setting", async () => {
    docker({ has: [OTHER] }, "Error response from daemon: manifest for it not found: manifest unknown");
    const { problems } = (await pull().catch((error: KitError) => error)) as KitError;
    expect(problems).toMatchObject([
      { where: "imageReferences.apisix", got: IMAGE, fix: expect.stringContaining("images: built") },
    ]);
  });
});

describe("references of images", () => {
  it("can be others, of a mirror too; the releases in them are read from their tags", () => {
    const james = `mirror.test:5000/apache/james:distributed-3.9.1@sha256:${"0".repeat(64)}`;
    const set = registryImages({ james });
    expect(set.james.reference).toBe(james);
    expect(`${set.jamesRelease}`).toBe("distributed-3.9.1");
    expect(set.redis.reference).toBe(defaultReferences.redis);
    expect(() => registryImages({ james: "apache/james:memory" })).toThrow(/names no release/);
    expect(() => registryImages({ redis: "redis:latest" })).toThrow(/not pinned/);
    expect(() => registryImages({ redis: "redis" })).toThrow(/no reference/);
  });

  it("are in the images that run, but for James of 3.8: it is built on them with the kit's extension", () => {
    const { james, jamesRelease } = registryImages();
    expect(james.reference).toMatch(/^james-oidc-kit\/james-extended:/);
    expect(`${jamesRelease}`).toMatch(/^memory-3\.8\.\d+\+kit$/);
    const bases = Object.fromEntries(
      Object.entries(james.bases).map(([name, base]) => [name, base.reference]),
    );
    expect(bases).toEqual({ james: defaultReferences.james, jdk: defaultReferences.jdk });
    const mirrored = registryImages({ jdk: "mirror.test/jdk:21" }).james;
    expect(mirrored.bases.jdk?.reference).toBe("mirror.test/jdk:21");
    expect(mirrored.reference).not.toBe(james.reference);
  });

  it.each([
    ["of a later release, for which there is no extension", "apache/james:memory-3.9.1", "memory-3.9.1"],
    ["whose tag says that the extension is in it", "mirror.test/james:memory-3.8.2-kit", "memory-3.8.2+kit"],
  ])("take James as it is, %s", (_, reference, release) => {
    const { james, jamesRelease } = registryImages({ james: reference });
    expect(james).toMatchObject({ reference, folder: undefined });
    expect(`${jamesRelease}`).toBe(release);
  });

  it("are pulled for an image that is still to be built on them, and not for one that is there", async () => {
    const { james, redis } = registryImages();
    docker({ commands: ["image"] });
    expect(Object.fromEntries(await registryReferences({ james, redis }))).toEqual({
      redis: defaultReferences.redis,
      james: defaultReferences.james,
      jdk: defaultReferences.jdk,
    });
    docker({ commands: ["image"] }, "", james.reference);
    expect([...(await registryReferences({ james, redis })).keys()]).toEqual(["redis"]);
  });

  it("of James on PostgreSQL are named by a setting of their own", async () => {
    const { jamesPostgres, ...set } = registryImages();
    expect(`${jamesPostgres?.release}`).toBe("postgres-3.9.0+kit");
    const images = imagesIn(
      { ...set, ...(jamesPostgres && { jamesPostgres }) },
      {
        gateway: { kind: "httpd", revocation: "introspection" },
        james: { release: jamesPostgres?.release ?? builtJames },
      },
    );
    docker({ commands: ["image"] });
    const { jamesPostgres: image } = images;
    expect(Object.fromEntries(await registryReferences({ ...(image && { jamesPostgres: image }) }))).toEqual({
      jamesPostgres: defaultReferences.jamesPostgres,
      jdk: defaultReferences.jdk,
    });
  });

  it("are of the release of James that is right about FETCH: not of 3.9", () => {
    expect(registryImages().jamesRelease.version).toMatch(/^3\.8\./);
    expect(builtImages().jamesRelease.version).toMatch(/^3\.8\./);
  });
});
