import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { RedisServer } from "../../constructs/redis/redis-server";
import { Image } from "../../constructs/workload/image";
import { secret, synth, testStack } from "../../testing/template";

const image = Image.registry("example/redis", { tag: "1.2.3" });

describe("a template", () => {
  it("has the resources of a stack by the ends of their names, and the files beside it", () => {
    const { stack, engine, privateDirectory } = testStack();
    new RedisServer(stack, "redis", { engine, image, password: secret("x") });
    const template = synth(stack);
    expect(template.resource("docker_container", "redis")).toBe(template.resource("docker_container"));
    expect(template.names("docker_image")).toEqual(["example/redis:1.2.3"]);
    expect(existsSync(join(privateDirectory, "redis/etc/redis/kit.conf"))).toBe(true);
  });

  it("takes Terraform's name for what has none, and says what there is when it finds nothing", () => {
    const { stack, engine } = testStack();
    new RedisServer(stack, "first", { engine, image, password: secret("x") });
    const template = synth(stack);
    expect(template.names("terraform_data")).toEqual([expect.stringMatching(/^docker/)]);
    expect(template.resource("terraform_data", template.names("terraform_data")[0])).toBeDefined();
    expect(() => template.resource("docker_container", "second")).toThrow(
      /0 resources.*"second", of: unit-redis/,
    );
    expect(() => template.resource("docker_secret")).toThrow(/0 resources docker_secret.*none/);
  });

  it("has nothing of a type that the stack has not", () => {
    const { stack } = testStack();
    expect(synth(stack).names("docker_container")).toEqual([]);
  });

  it("is not made of a stack whose constructs refuse something", () => {
    const { stack, engine } = testStack();
    const redis = new RedisServer(stack, "redis", { engine, image, password: secret("x") });
    redis.service.node.addValidation({ validate: () => ["redis: it is too small"] });
    expect(() => synth(stack)).toThrow(/it is too small/);
  });
});
