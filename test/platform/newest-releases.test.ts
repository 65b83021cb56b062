import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../kit/package-root";
import { isAtLeast } from "../../kit/release";
import { defaultReferences, type ImageReferences } from "../../platform/image-references";
import { builtJames } from "../../platform/image-set";
import { newestReleases } from "../../platform/newest-releases";

const services = Object.keys(defaultReferences) as (keyof ImageReferences)[];

/** `8.2.8` of `redis:8.2.8-bookworm`, `15.18` of `postgres:15.18-bookworm`. */
const pinned = (service: keyof ImageReferences) =>
  /:[^:/]*?(\d+(?:\.\d+)+)[^:/]*$/.exec(defaultReferences[service])?.[1] ?? "";

const pom = (image: string) => readFileSync(join(packageRoot, "images", image, "pom.xml"), "utf8");
const built: Partial<Record<keyof ImageReferences, string>> = {
  keycloak: /keycloak-quarkus-dist<\/artifactId>\s*<version>([\d.]+)</.exec(pom("keycloak"))?.[1] ?? "",
  james: /james-server-memory-app<\/artifactId>\s*<version>([\d.]+)</.exec(pom("james"))?.[1] ?? "",
};

/** @returns what is wrong with the reason for a release */
function wrong(service: keyof ImageReferences, release: string, why: string | undefined): string | undefined {
  const { newest, series } = newestReleases[service];
  const wanted = series?.newest ?? newest;
  if (!isAtLeast(wanted, release)) return `${release} is newer than the newest that is known, ${wanted}`;
  const isBehind = !isAtLeast(release, wanted);
  if (isBehind && why === undefined) return `${release} is behind ${wanted}, and nothing says why`;
  return !isBehind && why !== undefined ? "there is a reason for nothing" : undefined;
}

describe("an image is the newest that is known, or the table says why not", () => {
  it.each(services)("pin of %s", (service) => {
    expect(pinned(service)).toMatch(/^\d/);
    expect(wrong(service, pinned(service), newestReleases[service].pinnedBehind)).toBeUndefined();
  });

  it.each(Object.entries(built))("built: %s", (service, release) => {
    const { builtBehind } = newestReleases[service as keyof ImageReferences];
    expect(wrong(service as keyof ImageReferences, release, builtBehind)).toBeUndefined();
  });

  it("a series is behind the project's newest, else it would need no name", () => {
    for (const { newest, series } of Object.values(newestReleases)) {
      if (series) expect(isAtLeast(series.newest, newest)).toBe(false);
    }
  });

  it("what is built of James is what the kit takes it for", () => {
    expect(builtJames.version).toBe(built.james);
  });
});
