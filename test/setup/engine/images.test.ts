import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Image } from "../../../constructs/workload/image";
import { KitError } from "../../../kit/errors";
import { packageRoot } from "../../../kit/package-root";
import { defaultReferences } from "../../../platform/image-references";
import { buildImages, planBuilds } from "../../../setup/engine/images";
import { createProgress } from "../../../setup/progress/progress";

const kitImages = join(packageRoot, "images");

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "images-test-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

function recipe(name: string, parent?: string): string {
  const folder = join(root, name);
  mkdirSync(folder);
  const from = parent ? `ARG PARENT=${parent}\nFROM $\{PARENT}\n` : "FROM scratch\n";
  writeFileSync(join(folder, "Dockerfile"), from);
  return folder;
}

const names = (builds: ReturnType<typeof planBuilds>) => builds.map(({ folder }) => basename(folder));
const registry = (tag: string) => Image.registry("example/base", { tag });

describe("plan of builds", () => {
  it("has parents before what builds on them, and those of many before their siblings", () => {
    recipe("base");
    recipe("java", "base");
    const images = [recipe("redis", "base"), recipe("james", "java"), recipe("keycloak", "java")];
    expect(
      names(
        planBuilds(
          images.map((folder) => Image.built(folder)),
          new Set(),
        ),
      ),
    ).toEqual(["base", "java", "redis", "james", "keycloak"]);
  });

  it("names the parent by the reference that the parent's own build gets", () => {
    const base = recipe("base");
    const [first, second] = planBuilds([Image.built(recipe("redis", "base"))], new Set());
    expect(first?.reference).toBe(Image.built(base).reference);
    expect(second?.bases.parent?.reference).toBe(first?.reference);
  });

  it("has no images of registries, also where others build on them", () => {
    const folder = recipe("james");
    const image = Image.built(folder, {
      name: "extended",
      bases: { james: registry("1"), jdk: registry("2") },
    });
    expect(planBuilds([image, image.bases.james as Image], new Set())).toEqual([image]);
  });

  it("leaves out what the engine has, and the parents of it", () => {
    recipe("base");
    const java = recipe("java", "base");
    const james = recipe("james", "java");
    const present = new Set([Image.built(java).reference]);
    expect(names(planBuilds([Image.built(james)], present))).toEqual(["james"]);
    expect(planBuilds([Image.built(java)], present)).toEqual([]);
  });

  it("builds nothing for registry images", () => {
    expect(planBuilds([Image.registry("redis", { tag: "8.2.1-bookworm" })], new Set())).toEqual([]);
  });
});

it("tells which settings name the images that a build failed on, for what no recipe of the kit's is to blame", async () => {
  const docker = `#!/bin/sh
[ "$1" != build ] || { echo "cat: /root/jib-classpath-file: No such file or directory" >&2; exit 1; }
`;
  writeFileSync(join(root, "docker"), docker, { mode: 0o755 });
  vi.stubEnv("PATH", `${root}:${process.env.PATH}`);
  const bases = { james: registry("1"), jdk: registry("2") };
  const image = Image.built(recipe("james"), { name: "extended", bases });
  const error = await buildImages([image], createProgress({ json: true })).catch((error: KitError) => error);
  expect(error).toBeInstanceOf(KitError);
  expect((error as KitError).exitCode).toBe(3);
  expect((error as KitError).problems).toEqual([
    {
      where: join(root, "james"),
      what: expect.any(String),
      got: "example/base:1, example/base:2",
      fix: expect.stringMatching(/imageReferences\.james, imageReferences\.jdk.*images: built/),
      lines: [expect.stringContaining("jib-classpath-file")],
    },
  ]);
});

describe("recipe hash", () => {
  it.each([
    ["a file of the recipe", "redis", "start"],
    ["a file of the parent's recipe", "base", "prepare"],
  ])("changes with %s", (_, folder, file) => {
    recipe("base");
    const redis = recipe("redis", "base");
    const before = Image.built(redis).reference;
    writeFileSync(join(root, folder, file), "changed");
    expect(Image.built(redis).reference).not.toBe(before);
  });

  it("changes with a base of a registry, and the name is another image too", () => {
    const folder = recipe("james");
    const reference = (tag: string, name = "one") =>
      Image.built(folder, { name, bases: { james: registry(tag) } }).reference;
    expect(reference("1")).toMatch(/^james-oidc-kit\/one:[0-9a-f]{12}$/);
    expect(new Set([reference("1"), reference("2"), reference("1", "two")]).size).toBe(3);
    expect(reference("1")).toBe(reference("1"));
  });

  it("does not depend on where the recipe lies", () => {
    cpSync(kitImages, root, { recursive: true });
    expect(Image.built(join(root, "james")).reference).toBe(Image.built(join(kitImages, "james")).reference);
  });
});

describe("the kit's recipes", () => {
  const folders = readdirSync(kitImages).map((name) => join(kitImages, name));

  it.each(folders)("%s builds on a sibling that exists, or on nothing", (folder) => {
    const parent = Image.built(folder).bases.parent?.folder;
    const dockerfile = readFileSync(join(folder, "Dockerfile"), "utf8");
    if (parent === undefined) expect(dockerfile).toMatch(/^FROM scratch$/m);
    else expect(folders).toContain(parent);
  });

  it.each(folders.filter((folder) => !["base", "java"].includes(basename(folder))))(
    "%s does not run as root",
    (folder) => {
      expect(readFileSync(join(folder, "Dockerfile"), "utf8")).toMatch(/^USER (?!root)/m);
    },
  );

  it("the extension's builds on the pinned images when it is built by hand", () => {
    const dockerfile = readFileSync(join(kitImages, "james/extension/Dockerfile"), "utf8");
    for (const base of ["james", "jdk"] as const)
      expect(dockerfile).toContain(`ARG ${base.toUpperCase()}=${defaultReferences[base]}\n`);
  });
});
