import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../../config/environment";
import type { Image } from "../../constructs/workload/image";
import { releaseIn } from "../../platform/image-references";
import { imagesIn } from "../../platform/image-set";
import type { Service } from "../../platform/model/addresses";
import { imagesOf } from "../../stacks/environment-platform";

/** What an image's tag names, or what its recipe installs. */
export function releaseOf({ reference, folder }: Image): string | undefined {
  if (folder === undefined) return releaseIn(reference) ?? /:(\d+(\.\d+)*)[^/]*$/.exec(reference)?.[1];
  const recipes: Readonly<Record<string, RegExp>> = {
    "pom.xml": /keycloak-quarkus-dist<\/artifactId>\s*<version>([\d.]+)</,
    Dockerfile: /install-packages postgresql-(\d+)/,
  };
  for (const [file, release] of Object.entries(recipes)) {
    const found = release.exec(textOf(join(folder, file)))?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Whose image it is that `imagesIn` calls so. */
const users: Readonly<Record<string, Service>> = {
  ...{ jamesPostgres: "james", httpd: "gateway", apisix: "gateway", apisixJavaPlugin: "gateway" },
};

/** Releases of an environment's services, as far as their images tell. */
export function imageReleases(
  environment: Pick<Environment, "platform" | "images" | "imageReferences">,
): Record<string, string> {
  const { services } = environment.platform;
  const images = Object.entries(imagesIn(imagesOf(environment), services));
  return {
    ...Object.fromEntries(
      images.flatMap(([name, image]) => {
        const release = releaseOf(image);
        return release === undefined ? [] : [[users[name] ?? name, release]];
      }),
    ),
    ...(services.james.release && { james: String(services.james.release) }),
  };
}
