import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { JamesServer, type JamesServerProps } from "../../constructs/james/james-server";
import { HealthCheck } from "../../constructs/workload/health-check";
import { Workload } from "../../constructs/workload/workload";
import { image, secret, synth, testStack } from "../template";
import { certificate, durable, memory, minimal, oidc, partner } from "./config";

describe("JamesServer", () => {
  it("minimal: publishes nothing, and its secrets are not in the Terraform JSON", () => {
    const { stack, engine, privateDirectory } = testStack();
    const james = new JamesServer(stack, "james", { engine, image, ...minimal, oidc });
    expect(james).toMatchObject({
      release: memory("3.8.1"),
      host: "james.example.com",
      jmapPort: 80,
      ports: { jmap: 80, imap: 143, smtp: 587, sieve: 4190, webadmin: 8000 },
      capabilities: { sieveOidc: false },
    });
    const template = synth(stack);
    const container = template.resource("docker_container", "unit-james");
    expect(container).toMatchObject({
      hostname: "james.example.com",
      ports: [],
      networks_advanced: [{ aliases: ["james.example.com"] }],
    });
    expect(container.env).toContain(
      "JAVA_TOOL_OPTIONS=-Xmx192m -XX:NewRatio=4 -XX:SoftRefLRUPolicyMSPerMB=10 -Dsun.net.inetaddr.ttl=1 -Dsun.net.inetaddr.negative.ttl=1 -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+ExitOnOutOfMemoryError",
    );
    expect(template.text).not.toContain("bind<");
    const repository = readFileSync(
      join(privateDirectory, "james/opt/james/conf/usersrepository.xml"),
      "utf8",
    );
    expect(repository).toContain("credentials=");
  });

  it("on PostgreSQL, what is accepted and not yet delivered is on a volume that lasts", () => {
    const { stack, engine } = testStack();
    new JamesServer(stack, "james", { engine, image, ...minimal, ...durable });
    const { volumes } = synth(stack).resource("docker_container", "unit-james");
    expect(volumes).toEqual([expect.objectContaining({ container_path: "/opt/james/var" })]);
  });

  it("maximal: takes home, limits, ports, and services to wait for", () => {
    const { stack, engine } = testStack();
    const healthCheck = HealthCheck.script("true");
    const ldap = new Workload(stack, "ldap", { engine, name: "ldap", image, healthCheck });
    const james = new JamesServer(stack, "james", {
      engine,
      image,
      ...minimal,
      release: memory("3.10.0"),
      home: "/root",
      host: "mail.test",
      jmap: { port: 8080, xUserSecret: secret("s") },
      publish: { imap: 1143, smtp: 1587, sieve: null },
      heapMb: 256,
      memoryMb: 512,
      dependsOn: [ldap],
    });
    expect(james).toMatchObject({ host: "mail.test", jmapPort: 8080, capabilities: { sieveOidc: true } });
    const container = synth(stack).resource("docker_container", "unit-james");
    expect(container).toMatchObject({
      memory: 512,
      ports: [
        { internal: 143, external: 1143 },
        { internal: 587, external: 1587 },
      ],
      depends_on: [expect.stringMatching(/_network_/), expect.stringMatching(/^docker_container\.ldap/)],
    });
    expect(container.env).toContainEqual(expect.stringMatching(/^JAVA_OPTS=-Xmx256m /));
    expect(container.upload).toContainEqual(expect.objectContaining({ file: "/root/conf/imapserver.xml" }));
  });

  it("publishes the listeners of further realms, and asks them for their health", () => {
    const { stack, engine } = testStack();
    const realms = [{ ...partner, publish: { imap: 2143, smtp: 2587 } }];
    new JamesServer(stack, "james", { engine, image, ...minimal, oidc, publish: { imap: 143 }, realms });
    const container = synth(stack).resource("docker_container", "unit-james");
    expect(container.ports).toEqual([
      { internal: 143, external: 143, ip: "127.0.0.1" },
      { internal: 1143, external: 2143, ip: "127.0.0.1" },
      { internal: 1587, external: 2587, ip: "127.0.0.1" },
    ]);
    const { test } = container.healthcheck as unknown as { test: string[] };
    for (const port of [143, 1143, 587, 1587, 4190, 5190, 80]) {
      expect(test.at(-1)).toContain(`\nsays ${port} `);
    }
  });

  it("with TLS: publishes what has it from the beginning, and mounts each volume of certificates once, to read", () => {
    const { stack, engine } = testStack();
    const tls = { certificate: certificate("mail") };
    new JamesServer(stack, "james", {
      ...{
        engine,
        image,
        ...minimal,
        oidc,
        tls,
        release: memory("3.8.1+kit"),
        jmap: { xUserSecret: secret("s") },
      },
      publish: { imaps: 993, submissions: 465, imap: 143 },
      realms: [{ ...partner, tls: { certificate: certificate("partner") }, publish: { imaps: 2993 } }],
    });
    const container = synth(stack).resource("docker_container", "unit-james");
    expect(container.ports).toEqual([
      { internal: 143, external: 143, ip: "127.0.0.1" },
      { internal: 993, external: 993, ip: "127.0.0.1" },
      { internal: 465, external: 465, ip: "127.0.0.1" },
      { internal: 1993, external: 2993, ip: "127.0.0.1" },
    ]);
    expect(container.volumes).toEqual([
      expect.objectContaining({ container_path: "/run/certificates", read_only: true }),
    ]);
  });

  it("asks every protocol that is on for its health, and no other", () => {
    const { stack, engine } = testStack();
    const james = new JamesServer(stack, "james", { engine, image, ...minimal, jmap: "off", smtp: "off" });
    const { test } = synth(stack).resource("docker_container", "unit-james").healthcheck as unknown as {
      test: string[];
    };
    expect(test.at(-1)).toMatch(/^says 143 .*\nsays 4190 '.*'$/m);
    expect(test.at(-1)).not.toMatch(/says (80|587) /);
    expect(() => james.jmapPort).toThrow(/JMAP is off/);
  });

  it.each<[string, Partial<JamesServerProps>, RegExp]>([
    [
      "a published port that is off",
      { imap: "off", publish: { imap: 143 } },
      /james\.publish.*imap is published/s,
    ],
    ["IMAPS without TLS", { publish: { imaps: 993 } }, /james\.publish.*imaps is published but off/s],
    ["a published port that is none", { publish: { smtp: 0 } }, /james\.publish.*not a port/s],
    ["two on one port", { publish: { imap: 1143, smtp: 1143 } }, /james\.publish.*one port/s],
    [
      "a realm's listener on a published port",
      { publish: { imap: 1143 }, realms: [{ ...partner, publish: { smtp: 1143 } }] },
      /james\.publish.*one port/s,
    ],
    ["a heap too small", { heapMb: 95 }, /james\.heapMb.*at least 96/s],
    ["a heap that leaves no room", { heapMb: 192, memoryMb: 256 }, /james\.heapMb.*200 above/s],
    ["several things, all told at once", { domains: [], heapMb: 1, home: "x" }, /home.*domains.*heapMb/s],
  ])("refuses %s", (_, props, message) => {
    const { stack, engine } = testStack();
    expect(() => new JamesServer(stack, "james", { engine, image, ...minimal, ...props })).toThrow(message);
  });
});
