import { describe, expect, it } from "vitest";
import { RedisServer } from "../../constructs/redis/redis-server";
import { HealthCheck } from "../../constructs/workload/health-check";
import { Workload } from "../../constructs/workload/workload";
import { image, secret, synth, testStack } from "../template";

/** Redis, and a service that publishes two ports. */
function template(env: Record<string, string> = {}) {
  const { stack, engine } = testStack();
  new RedisServer(stack, "redis", { engine, image, password: secret("the password") });
  const ports = [
    { internal: 80, external: 8080 },
    { internal: 81, external: 8081, address: "192.0.2.1" },
  ];
  new Workload(stack, "web", {
    engine,
    name: "web",
    image,
    env,
    ports,
    healthCheck: HealthCheck.http(80, "/"),
  });
  return synth(stack);
}

describe("toHaveContainer", () => {
  it("finds a container by the end of its name, and compares what is named of it", () => {
    expect(template()).toHaveContainer("web", {
      restart: "always",
      name: expect.stringMatching("web"),
    });
    expect(template()).not.toHaveContainer("postgres");
    expect(template()).not.toHaveContainer("web", { restart: "no" });
  });

  it("says which containers there are, and what is different", () => {
    expect(() => expect(template()).toHaveContainer("postgres")).toThrow(
      '0 containers end with "postgres", of: unit-redis, unit-web',
    );
    const otherwise = () => expect(template()).toHaveContainer("web", { restart: "no", memory: 1 });
    expect(otherwise).toThrow(
      /container unit-web is otherwise:\n {2}restart: expected .*"no".*, received .*"always".*\n {2}memory: expected .*1/,
    );
    expect(() => expect(template()).not.toHaveContainer("web")).toThrow("container unit-web is so");
  });
});

describe("toPublishOnly", () => {
  it("compares the published ports of all containers, with the address where there is one", () => {
    expect(template()).toPublishOnly([8080, "192.0.2.1:8081"]);
    expect(template()).not.toPublishOnly([8080]);
  });

  it("says what is published by whom, and what is not", () => {
    expect(() => expect(template()).toPublishOnly([8080, "127.0.0.1:8081"])).toThrow(
      "than expected:\n  192.0.2.1:8081 is published, by unit-web\n  127.0.0.1:8081 is not published",
    );
  });
});

describe("toHaveNoSecretInClear", () => {
  it.each([
    ["as it is", (value: string) => value],
    ["in a string of JSON", (value: string) => JSON.stringify({ value })],
    ["in Base64", (value: string) => Buffer.from(value).toString("base64")],
  ])("finds a secret %s, and does not tell it", (_, form) => {
    const clear = template({ PASSWORD: form('a "secret"') });
    expect(clear).not.toHaveNoSecretInClear('a "secret"');
    expect(() => expect(clear).toHaveNoSecretInClear('a "secret"')).toThrow(
      /^in clear in the Terraform JSON: a value$/,
    );
  });

  it("knows a secret of the kit by its name, and that files of containers are no part of it", () => {
    expect(template()).toHaveNoSecretInClear(secret("the password"));
    expect(() => expect(template()).toHaveNoSecretInClear(secret("example/image"))).toThrow(": test");
  });

  it("refuses to look for nothing", () => {
    expect(() => expect(template()).toHaveNoSecretInClear("")).toThrow("an empty secret");
  });
});
