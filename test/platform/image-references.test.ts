import { afterAll, expect, it } from "vitest";
import { loadEnvironment } from "../../config/environment";
import { JamesRelease } from "../../constructs/james/james-release";
import type { KitError } from "../../kit/errors";
import { defaultReferences } from "../../platform/image-references";
import { imagesOf } from "../../stacks/environment-platform";
import { enterProject, leaveProject } from "../cli/project";

const folder = enterProject({});
afterAll(() => leaveProject(folder));

const load = (env: NodeJS.ProcessEnv) => loadEnvironment("unit", { env });
const problems = (env: NodeJS.ProcessEnv) => {
  try {
    load(env);
    return [];
  } catch (error) {
    return (error as KitError).problems;
  }
};

it("an image of a mirror or a private registry is named by a setting, others stay", () => {
  const images = imagesOf(load({ KIT_IMAGE_REFERENCES_JAMES: "mirror.test:5000/james:memory-3.8.0" }));
  expect(images.james.bases.james?.reference).toBe("mirror.test:5000/james:memory-3.8.0");
  expect(`${images.jamesRelease}`).toBe("memory-3.8.0+kit");
  expect(images.redis.reference).toBe(defaultReferences.redis);
});

it.each([
  ["latest", { KIT_IMAGE_REFERENCES_REDIS: "redis:latest" }, /latest/],
  ["no tag", { KIT_IMAGE_REFERENCES_REDIS: "redis" }, /name:tag/],
  ["a tag without James's release", { KIT_IMAGE_REFERENCES_JAMES: "apache/james:memory" }, /memory-3/],
  ["a tag without James's flavour", { KIT_IMAGE_REFERENCES_JAMES: "apache/james:3.8.2" }, /memory, postgres/],
  [
    "one that is not used, since images are built",
    { KIT_IMAGES: "built", KIT_IMAGE_REFERENCES_KEYCLOAK: "mirror.test/keycloak:26.7.3" },
    /images: registry/,
  ],
])("refuses %s", (_, env, expected) => {
  const found = problems(env);
  expect(found).toHaveLength(1);
  expect(JSON.stringify(found)).toMatch(expected);
  expect(found[0]?.where).toContain("KIT_IMAGE_REFERENCES_");
});

it("refuses a James that is known to be wrong, with what is known and where", () => {
  expect(problems({ KIT_IMAGE_REFERENCES_JAMES: "mirror.test/james:jpa-3.8.2" })).toEqual([
    {
      where: "KIT_IMAGE_REFERENCES_JAMES (imageReferences.james)",
      what: "James 3.8.2: it has no JMAP, which the gateway serves",
      got: new JamesRelease("jpa", "3.8.2"),
      fix: expect.stringContaining("docs/james.md"),
    },
  ]);
});

it("Keycloak's least heap and memory are those of the image's kind", () => {
  const env = { KIT_RESOURCES_KEYCLOAK_HEAP_MB: "128", KIT_RESOURCES_KEYCLOAK_MEMORY_MB: "320" };
  expect(problems({ ...env, KIT_IMAGES: "built" })).toEqual([]);
  expect(problems(env)).toMatchObject([
    { where: expect.stringContaining("HEAP_MB"), allowed: "256 or more" },
    { where: expect.stringContaining("MEMORY_MB"), allowed: "384 or more" },
  ]);
});
