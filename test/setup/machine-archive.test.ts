import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Image } from "../../constructs/workload/image";
import { archiveKey, loadArchive, saveArchive } from "../../setup/machine-archive";
import { createProgress, silentProgress } from "../../setup/progress/progress";
import { providersKey } from "../../setup/terraform/provider";

let root: string;
let images: Readonly<Record<string, Image>>;
const progress = silentProgress();
const archive = () => join(root, "archive");

/** An engine whose images are lines of a file, and whose archives are such files. */
const docker = (engine: string) => `#!/bin/sh
case "$1 $2" in
"version "*) echo '{"Version":"20.10.24","ApiVersion":"1.41"}' ;;
"image ls") cat "${engine}" ;;
"save --output") file=$3; shift 3; printf '%s\\n' "$@" >"$file" ;;
"load --input") grep james-oidc-kit "$3" >>"${engine}" ;;
esac
`;

/** Another machine: its engine, its cache. */
function enterMachine(name: string): { engine: string; cache: string } {
  const folder = join(root, name);
  const [engine, cache] = [join(folder, "engine"), join(folder, "james-oidc-kit")];
  mkdirSync(cache, { recursive: true });
  writeFileSync(engine, "");
  writeFileSync(join(folder, "docker"), docker(engine), { mode: 0o755 });
  vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
  vi.stubEnv("XDG_CACHE_HOME", folder);
  vi.stubEnv("DOCKER_HOST", "unix:///nonexistent");
  return { engine, cache };
}

function recipe(name: string, text: string): Image {
  mkdirSync(join(root, name), { recursive: true });
  writeFileSync(join(root, name, "Dockerfile"), text);
  return Image.built(join(root, name));
}

const provider = () => `provider-docker-4.6.0-linux_amd64-${providersKey().split("-")[0]}`;
const mirror = () => `providers-terraform-linux_amd64-${providersKey().split("-")[0]}`;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "archive-test-"));
  recipe("base", "FROM scratch\n");
  images = {
    redis: recipe("redis", "ARG PARENT=base\n"),
    keycloak: Image.registry("keycloak", { tag: "1" }),
  };
  const { engine, cache } = enterMachine("first");
  writeFileSync(engine, [images.redis?.reference, images.redis?.bases.parent?.reference, ""].join("\n"));
  for (const name of [provider(), mirror(), "providers-terraform-linux_amd64-0123456789ab", "go-work"]) {
    mkdirSync(join(cache, name));
  }
  writeFileSync(join(cache, "copies.json"), "[]");
  writeFileSync(join(cache, provider(), "program"), "x");
  linkSync(join(cache, provider(), "program"), join(cache, mirror(), "program"));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

it("another machine takes images with what they build on, and what this release uses of the cache", async () => {
  const contents = {
    images: [images.redis?.bases.parent?.reference, images.redis?.reference],
    tools: [provider(), mirror()],
  };
  expect(await saveArchive(archive(), images, progress)).toEqual({ ...contents, written: true });
  const { engine, cache } = enterMachine("second");
  expect(await loadArchive(archive(), images, progress)).toEqual(contents);
  expect(readFileSync(engine, "utf8").trim().split("\n")).toEqual(contents.images);
  expect(statSync(join(cache, mirror(), "program")).nlink).toBe(2);
  expect(existsSync(join(cache, "copies.json"))).toBe(false);
  expect(await loadArchive(archive(), images, progress)).toEqual({ images: [], tools: [] });
});

it("is written again only when something else is needed", async () => {
  await saveArchive(archive(), images, progress);
  expect((await saveArchive(archive(), images, progress)).written).toBe(false);
  expect(await saveArchive(archive(), {}, progress)).toMatchObject({ images: [], written: true });
  expect(existsSync(join(archive(), "images.tar"))).toBe(false);
});

describe("no error, and nothing is taken", () => {
  const load = async (name: string) => {
    enterMachine(name);
    return loadArchive(archive(), images, progress);
  };

  it("from a folder that is not there, or is of something else", async () => {
    expect(await load("second")).toEqual({ images: [], tools: [] });
    mkdirSync(archive());
    writeFileSync(join(archive(), "contents.json"), '{"images":1}');
    expect(await load("third")).toEqual({ images: [], tools: [] });
  });

  it("from one of other images", async () => {
    await saveArchive(archive(), images, progress);
    images = { redis: recipe("redis", "ARG PARENT=base\n# changed\n") };
    expect(await load("second")).toMatchObject({ images: [] });
  });

  it("from one of another kind of machine", async () => {
    await saveArchive(archive(), images, progress);
    const file = join(archive(), "contents.json");
    const { machine, ...contents } = JSON.parse(readFileSync(file, "utf8"));
    expect(machine).toBe(`${process.platform}-${process.arch}`);
    writeFileSync(file, JSON.stringify({ machine: "linux-of-others", ...contents }));
    expect(await load("second")).toEqual({ images: [], tools: [] });
  });

  it("of a part that is damaged, which is said", async () => {
    await saveArchive(archive(), images, progress);
    writeFileSync(join(archive(), "images.tar"), "");
    const lines: string[] = [];
    enterMachine("second");
    const told = createProgress({ stream: { write: (text: string) => lines.push(text) } });
    expect(await loadArchive(archive(), images, told)).toEqual({ images: [], tools: [provider(), mirror()] });
    expect(lines.join("")).toContain(`images of ${archive()} cannot be used, and will be made`);
  });
});

it("the key follows from what images are made from, and from nothing else", () => {
  const key = () => archiveKey([Image.built(join(root, "redis"))]);
  const before = key();
  expect(before).toMatch(/^[a-z0-9]+-[a-z0-9]+-[0-9a-f]{12}$/);
  expect(key()).toBe(before);
  writeFileSync(join(root, "base/Dockerfile"), "FROM scratch\n# changed\n");
  expect(key()).not.toBe(before);
});
