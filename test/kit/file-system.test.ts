import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { SecretStore } from "../../config/secrets";
import { PrivateFiles } from "../../constructs/engine/docker/private-files";
import { ExitCode, KitError } from "../../kit/errors";
import { fileError } from "../../kit/file-system";
import { cached } from "../../setup/host/cache";
import { withLock } from "../../setup/host/lock";

afterEach(() => vi.unstubAllEnvs());

/** A place below which nobody can write, root neither. */
const nowhere = () => {
  const file = join(mkdtempSync(join(tmpdir(), "james-oidc-kit-test-")), "file");
  writeFileSync(file, "");
  return join(file, "below");
};

const thrown = async (work: () => unknown) => {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
};

describe("what the machine does not let the kit do with files is told, with the path", () => {
  it.each<[string, () => unknown]>([
    [
      "the cache",
      () => {
        vi.stubEnv("XDG_CACHE_HOME", nowhere());
        return cached("x", async () => {});
      },
    ],
    ["a lock", () => withLock(join(nowhere(), "lock"), async () => {})],
    ["secrets", () => new SecretStore(join(nowhere(), "secrets.json"), { env: {} }).get("redis")],
    ["private files", () => new PrivateFiles(nowhere()).write("a", "b")],
  ])("%s", async (_, work) => {
    const error = await thrown(work);
    expect(error).toBeInstanceOf(KitError);
    expect(error).toMatchObject({ exitCode: ExitCode.machine, message: expect.stringMatching(/ENOTDIR/) });
    expect((error as KitError).message).toMatch(/\/file\/below/);
  });

  it("also where the operating system tells no path; other errors are bugs", async () => {
    const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
    mkdirSync(join(folder, "a"));
    expect(fileError(await thrown(() => readFileSync(join(folder, "a"))))?.message).toMatch(/it is a folder/);
    expect(fileError(new TypeError("x"))).toBeUndefined();
    expect(
      fileError(Object.assign(new Error("x"), { code: "ECONNREFUSED", syscall: "connect" })),
    ).toBeUndefined();
    expect(fileError("x")).toBeUndefined();
  });
});
