import { cpSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../config/package-root";
import { Image } from "../../constructs/container/image";
import { missingFolders } from "../../setup/images";

function copyOfImages(): string {
  const folder = join(mkdtempSync(join(tmpdir(), "james-oidc-kit-test-")), "images");
  cpSync(join(packageRoot, "images"), folder, { recursive: true });
  return folder;
}

const names = (folders: readonly string[]) => folders.map((folder) => basename(folder));

describe("which images are built", () => {
  const images = join(packageRoot, "images");
  const wanted = ["keycloak", "james", "redis"].map((name) => join(images, name));

  it("all of them and their parents, each once and after its parent, when the engine has none", () => {
    expect(names(missingFolders(wanted, () => false))).toEqual([
      "base",
      "java",
      "keycloak",
      "james",
      "redis",
    ]);
  });

  it("none when the engine has them", () => {
    expect(missingFolders(wanted, () => true)).toEqual([]);
  });

  it("only what is missing: a parent that is there is not built again", () => {
    const exists = ({ reference }: Image) => /\/(base|redis):/.test(reference);
    expect(names(missingFolders(wanted, exists))).toEqual(["java", "keycloak", "james"]);
  });
});

describe("the tag of a built image", () => {
  it("is the same for the same recipe, wherever it lies", () => {
    expect(Image.built(join(copyOfImages(), "redis")).reference).toBe(
      Image.built(join(packageRoot, "images/redis")).reference,
    );
  });

  it.each(["keycloak/Dockerfile", "java/Dockerfile", "base/prepare"])("changes with %s", (file) => {
    const folder = copyOfImages();
    const before = Image.built(join(folder, "keycloak")).reference;
    writeFileSync(join(folder, file), "\n# changed\n", { flag: "a" });
    expect(Image.built(join(folder, "keycloak")).reference).not.toBe(before);
  });
});
