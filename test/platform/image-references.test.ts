import { afterAll, expect, it } from "vitest";
import { loadEnvironment } from "../../config/environment";
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
  expect(images.jamesVersion).toBe("3.8.0+kit");
  expect(images.redis.reference).toBe(defaultReferences.redis);
});

it.each([
  ["latest", { KIT_IMAGE_REFERENCES_REDIS: "redis:latest" }, /latest/],
  ["no tag", { KIT_IMAGE_REFERENCES_REDIS: "redis" }, /name:tag/],
  ["a tag without James's release", { KIT_IMAGE_REFERENCES_JAMES: "apache/james:memory" }, /memory-3/],
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

it("Keycloak's least heap and memory are those of the image's kind", () => {
  const env = { KIT_RESOURCES_KEYCLOAK_HEAP_MB: "128", KIT_RESOURCES_KEYCLOAK_MEMORY_MB: "320" };
  expect(problems({ ...env, KIT_IMAGES: "built" })).toEqual([]);
  expect(problems(env)).toMatchObject([
    { where: expect.stringContaining("HEAP_MB"), allowed: "256 or more" },
    { where: expect.stringContaining("MEMORY_MB"), allowed: "384 or more" },
  ]);
});
