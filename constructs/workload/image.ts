import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { KitError } from "../../kit/errors";

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

export interface BuiltImageOptions {
  /** @default the folder's name */
  readonly name?: string;
  /**
   * Images that it builds on, each by the name, in lower case, of the Dockerfile's `ARG` that takes its reference. The
   * image of a sibling folder that the Dockerfile names itself, `ARG PARENT=<folder>`, is one of them without being listed here.
   *
   * @default none
   */
  readonly bases?: Readonly<Record<string, Image>>;
  /** Build tags of the Go program of a folder with a go.mod. @default none */
  readonly goTags?: readonly string[];
  /** What `ARG`s of the Dockerfile are, by name, where not their defaults. @default none */
  readonly args?: Readonly<Record<string, string>>;
}

/** A container image: pulled from a registry, or built by the kit. */
export class Image {
  private constructor(
    /** What `docker run` takes: `name:tag`, or `name:tag@digest`. */
    readonly reference: string,
    /** The folder it is built from; undefined for a registry image. */
    readonly folder?: string,
    /** What it builds on, by `ARG` in lower case; a registry image tells none. */
    readonly bases: Readonly<Record<string, Image>> = {},
    readonly user?: string,
    readonly start?: string,
    /** Build tags of its Go program, which its folder's go.mod names. */
    readonly goTags: readonly string[] = [],
    /** What further `ARG`s of its Dockerfile are, by name. */
    readonly args: Readonly<Record<string, string>> = {},
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
    return new Image(`${name}:${tag}${digest ? `@${digest}` : ""}`, undefined, {}, user, start);
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

  /** The same image, of which another program runs in place of its entrypoint. */
  withStart(start: string): Image {
    return new Image(this.reference, this.folder, this.bases, this.user, start);
  }

  /**
   * An image built from a folder with a Dockerfile. Its tag is the hash of the folder's files and of what it builds on, so
   * that a changed recipe, or another base, is another image.
   *
   * @throws KitError when there is no Dockerfile
   */
  static built(
    folder: string,
    { name = basename(folder), bases = {}, goTags = [], args = {} }: BuiltImageOptions = {},
  ): Image {
    const dockerfile = join(folder, "Dockerfile");
    if (!existsSync(dockerfile)) {
      throw new KitError(`image ${name} cannot be built`, [{ where: folder, what: "it has no Dockerfile" }]);
    }
    const parent = /^ARG PARENT=([a-z0-9-]+)$/m.exec(readFileSync(dockerfile, "utf8"))?.[1];
    const all = { ...bases, ...(parent && { parent: Image.built(join(dirname(folder), parent)) }) };
    const reference = `james-oidc-kit/${name}:${recipeHash(folder, all, goTags, args)}`;
    return new Image(reference, folder, all, undefined, undefined, goTags, args);
  }
}

function recipeHash(
  folder: string,
  bases: Readonly<Record<string, Image>>,
  goTags: readonly string[],
  args: Readonly<Record<string, string>>,
): string {
  const hash = createHash("sha256");
  const add = (...texts: (string | Buffer)[]) => {
    for (const text of texts) hash.update(text).update("\0");
  };
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files) add(relative(folder, file), readFileSync(file));
  for (const [name, { reference }] of Object.entries(bases)) add(name, reference);
  if (goTags.length > 0) add("go", ...goTags);
  for (const [name, value] of Object.entries(args)) add("arg", name, value);
  return hash.digest("hex").slice(0, 12);
}
