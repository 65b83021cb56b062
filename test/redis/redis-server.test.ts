import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { RedisServer } from "../../constructs/redis/redis-server";
import { image, internalTls, secret, synth, testStack } from "../template";

describe("RedisServer", () => {
  it("minimal: has a password, a volume, a name, and is reachable by the environment's containers only", () => {
    const { stack, engine, privateDirectory } = testStack();
    const redis = new RedisServer(stack, "redis", { engine, image, password: secret('a"b\\c') });
    const template = synth(stack);
    expect(redis).toMatchObject({ host: "redis.example.com", port: 6379 });
    expect(template.names("docker_volume")).toEqual(["unit-redis-data"]);
    expect(template).toPublishOnly([]);
    expect(template).toHaveNoSecretInClear('a"b\\c');
    const conf = readFileSync(join(privateDirectory, "redis/etc/redis/kit.conf"), "utf8");
    expect(conf).toContain('requirepass "a\\"b\\\\c"\n');
    expect(conf).toContain("appendonly yes\nappendfsync always\naof-use-rdb-preamble no\n");
    expect(conf).toContain("maxmemory 64mb\nmaxmemory-policy noeviction");
  });

  it("maximal: takes name and limits", () => {
    const { stack, engine, privateDirectory } = testStack();
    const props = { engine, image, password: secret("x"), host: "cache.test", maxDataMb: 32, memoryMb: 96 };
    expect(new RedisServer(stack, "redis", props).host).toBe("cache.test");
    expect(synth(stack)).toHaveContainer("redis", {
      memory: 96,
      networks_advanced: [expect.objectContaining({ aliases: ["cache.test"] })],
    });
    expect(readFileSync(join(privateDirectory, "redis/etc/redis/kit.conf"), "utf8")).toContain(
      "maxmemory 32mb",
    );
  });

  it("by TLS: nobody else comes in clear, the container itself by a socket, a new certificate is taken while it runs", () => {
    const { stack, engine, privateDirectory } = testStack();
    const tls = internalTls("redis");
    const redis = new RedisServer(stack, "redis", { engine, image, password: secret("x"), tls });
    expect(redis).toMatchObject({ tls: true, ca: tls.ca, port: 6379 });
    const container = synth(stack).resource("docker_container");
    expect(container).toMatchObject({
      command: ["bash", "/etc/redis/kit-start"],
      healthcheck: { test: expect.arrayContaining([expect.stringContaining("-s /dev/shm/redis.sock")]) },
      volumes: expect.arrayContaining([
        expect.objectContaining({ container_path: "/run/certificates", read_only: true }),
      ]),
    });
    const conf = readFileSync(join(privateDirectory, "redis/etc/redis/kit.conf"), "utf8");
    expect(conf).toContain("\nport 0\ntls-port 6379\n");
    expect(JSON.stringify(container)).toContain("config set tls-cert-file");
  });

  it.each([
    [
      "data that does not fit the container",
      { maxDataMb: 128, memoryMb: 128 },
      /redis\.maxDataMb.*does not fit.*128/s,
    ],
    ["a line break in the password", { password: secret("a\nb") }, /redis\.password.*line break/s],
  ])("refuses %s", (_, props, message) => {
    const { stack, engine } = testStack();
    expect(() => new RedisServer(stack, "redis", { engine, image, password: secret("x"), ...props })).toThrow(
      message,
    );
  });
});
