import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { KitError } from "../../config/errors";

export interface RegistryImageOptions {
  /** A release's tag; `latest` is refused, since it names another image tomorrow. */
  readonly tag: string;
  /** `sha256:…`, to pin the bytes too. @default none */
  readonly digest?: string;
  /** User that it runs as. @default the image's */
  readonly user?: string;
  /** Text of a program that runs instead of the image's entrypoint. @default the image's */
  readonly start?: string;
}

/** `name:tag`, with `@sha256:…` behind it where the bytes are pinned too; the name may begin with a registry's host. */
export const imageReference =
  /^(?<name>[a-z0-9]+([._-][a-z0-9]+)*(:\d+(?=\/))?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*):(?<tag>\w[\w.-]*)(@(?<digest>sha256:[0-9a-f]{64}))?$/;

/** A container image: pulled from a registry, or built by the kit from package registries. */
export class Image {
  private constructor(
    /** What `docker run` takes: `name:tag`, or `name:tag@digest`. */
    readonly reference: string,
    /** The folder it is built from; undefined for a registry image. */
    readonly folder?: string,
    readonly user?: string,
    readonly start?: string,
  ) {}

  /** An image of a registry, pinned. @throws KitError for the tag `latest` */
  static registry(name: string, { tag, digest, user, start }: RegistryImageOptions): Image {
    if (tag === "latest") {
      throw new KitError(`image ${name} is not pinned`, [
        {
          where: name,
          what: "tag `latest` names another image tomorrow",
          got: tag,
          allowed: "a release's tag",
        },
      ]);
    }
    return new Image(`${name}:${tag}${digest ? `@${digest}` : ""}`, undefined, user, start);
  }

  /**
   * An image of a registry by its reference, `name:tag` or `name:tag@sha256:…`.
   *
   * @throws KitError for what is no reference, or not pinned
   */
  static reference(reference: string, options: Omit<RegistryImageOptions, "tag" | "digest"> = {}): Image {
    const { name, tag, digest } = imageReference.exec(reference)?.groups ?? {};
    if (name !== undefined && tag !== undefined) {
      return Image.registry(name, { ...options, tag, ...(digest && { digest }) });
    }
    throw new KitError("an image is not named", [
      {
        where: "image",
        what: "no reference of an image",
        got: reference,
        allowed: "name:tag, with a release's tag",
      },
    ]);
  }

  /**
   * An image built from a folder with a Dockerfile. Its tag is the hash of the folder's files and of its parent's
   * (`ARG PARENT=<sibling folder>` in the Dockerfile), so that a changed recipe is another image.
   *
   * @throws KitError when there is no Dockerfile
   */
  static built(folder: string): Image {
    if (!existsSync(join(folder, "Dockerfile"))) {
      throw new KitError(`image ${basename(folder)} cannot be built`, [
        { where: folder, what: "it has no Dockerfile" },
      ]);
    }
    return new Image(`james-oidc-kit/${basename(folder)}:${recipeHash(folder)}`, folder);
  }
}

/** The sibling folder whose image the Dockerfile in `folder` builds on, or undefined. */
export function parentFolder(folder: string): string | undefined {
  const dockerfile = readFileSync(join(folder, "Dockerfile"), "utf8");
  const parent = /^ARG PARENT=([a-z0-9-]+)$/m.exec(dockerfile)?.[1];
  return parent ? join(dirname(folder), parent) : undefined;
}

function recipeHash(folder: string): string {
  const hash = createHash("sha256");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files)
    hash.update(relative(folder, file)).update("\0").update(readFileSync(file)).update("\0");
  const parent = parentFolder(folder);
  if (parent) hash.update(recipeHash(parent));
  return hash.digest("hex").slice(0, 12);
}
