import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../../kit/package-root";
import { run } from "../../../kit/run";

const home = mkdtempSync(join(tmpdir(), "james-oidc-kit-keycloak-"));
afterAll(() => rmSync(home, { recursive: true }));

const recipe = (file: string) => readFileSync(join(packageRoot, "images/keycloak", file), "utf8");
const start = recipe("start");

interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What keycloak.conf has. */
  readonly configuration?: string;
  /** What /proc/net/route has. */
  readonly routes?: string;
}

/** What the start program gives to `kc.sh` of the official image: its options of the JVM, and its arguments. */
async function official(
  options: string,
  { env = {}, configuration = "", routes = "" }: StartOptions = {},
): Promise<{ variables: Record<string, string>; arguments: string[] }> {
  for (const folder of ["bin", "data", "conf"]) mkdirSync(join(home, folder), { recursive: true });
  writeFileSync(join(home, "conf/keycloak.conf"), configuration);
  writeFileSync(join(home, "routes"), routes);
  writeFileSync(join(home, "bin/kc.sh"), '#!/bin/bash\nenv -0\nprintf "arguments=%s" "$*"\n', {
    mode: 0o755,
  });
  const here = start
    .replace("home=/opt/keycloak", `home=${home}`)
    .replace("/proc/net/route", join(home, "routes"));
  writeFileSync(join(home, "start"), here, { mode: 0o755 });
  const { stdout } = await run(join(home, "start"), [], { env: { ...env, KIT_JAVA_OPTS: options } });
  const variables = Object.fromEntries(
    stdout.split("\0").map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );
  return { variables, arguments: (variables.arguments as string).split(" ") };
}

it("in the official image its options take the place of the image's own, and the heap is the one given", async () => {
  const { variables } = await official("-Xmx300m -Da=b");
  const options = (variables.JAVA_OPTS as string).split(/\s+/);
  expect(options).toEqual(expect.arrayContaining(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Da=b"]));
  expect(options.findLast((option) => option.startsWith("-Xmx"))).toBe("-Xmx300m");
  // The least heap must hold it.
  expect(options.filter((option) => option.startsWith("-Xms"))).toEqual(["-Xms64m"]);
  expect(variables).not.toHaveProperty("JAVA_OPTS_APPEND");
});

it("both images have the same features, so that a realm is the same in both", async () => {
  const features = (text: string) => /--features-disabled=(\S+)/.exec(text)?.[1];
  expect(features((await official("")).arguments.join(" "))).toBe(features(recipe("Dockerfile")));
  expect(features(start)).toContain("organization");
});

describe("whose word about a client's address Keycloak takes", () => {
  // Of a container on 10.5.0.0/24 and on 127.0.0.0/29, whose default gateway is 10.5.0.254.
  const routes = `Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
eth0 00000000 FE00050A 0003 0 0 0 00000000 0 0 0
eth0 0000050A 00000000 0001 0 0 0 00FFFFFF 0 0 0
eth1 0000007F 00000000 0001 0 0 0 F8FFFFFF 0 0 0
`;
  const trusted = async (options: StartOptions) =>
    (await official("", { routes, ...options })).variables.KC_PROXY_TRUSTED_ADDRESSES;

  it("the configuration's alone", async () => {
    expect(await trusted({})).toBeUndefined();
    expect(await trusted({ configuration: "proxy-trusted-addresses=192.0.2.0/24\n" })).toBeUndefined();
  });

  it("for 127.0.0.1 the gateway's, from which the machine's programs come", async () => {
    expect(await trusted({ configuration: "proxy-trusted-addresses=192.0.2.7,127.0.0.1\n" })).toBe(
      "192.0.2.7,127.0.0.1,10.5.0.254",
    );
  });

  it("behind the kit's gateway that of the network of its name, but of what comes from outside", async () => {
    const configuration = "proxy-trusted-addresses=127.0.0.1\n";
    // localhost is 127.0.0.1, the address that the engine gives a network's gateway: all others but it.
    expect(await trusted({ configuration, env: { KIT_TRUSTED_NETWORK: "localhost" } })).toBe(
      "127.0.0.1,127.0.0.0/32,127.0.0.2/31,127.0.0.4/30",
    );
  });

  it.each([
    ["a name that nobody has", { env: { KIT_TRUSTED_NETWORK: "nobody.invalid" } }],
    ["no network of its address", { env: { KIT_TRUSTED_NETWORK: "localhost" }, routes: "" }],
    ["no gateway", { configuration: "proxy-trusted-addresses=127.0.0.1\n", routes: "" }],
  ])("does not start with %s, which would have it believe others", async (_, options) => {
    await expect(trusted(options)).rejects.toThrow();
  });
});

it("the database is of the kind that keycloak.conf names, and of no other that an image was built for", async () => {
  expect((await official("")).arguments).toContain("--db=dev-file");
  const kit = join(home, "kit");
  mkdirSync(kit, { recursive: true });
  writeFileSync(join(kit, "classpath"), "");
  const refused = (configuration: string) =>
    expect(official("", { configuration })).rejects.toThrow(/exit code 1/);
  await refused("db=postgres\n");
  writeFileSync(join(kit, "database-kind"), "postgres");
  await refused("");
  rmSync(kit, { recursive: true });
});

it("waits for its certificate and key", async () => {
  const [certificate, key] = [join(home, "chain.pem"), join(home, "key.pem")];
  const configuration = `https-certificate-file=${certificate}\nhttps-certificate-key-file=${key}\n`;
  const steps: string[] = [];
  const started = official("", { configuration }).then(() => steps.push("started"));
  await setTimeout(500);
  writeFileSync(certificate, "PEM");
  await setTimeout(500);
  steps.push("key");
  writeFileSync(key, "PEM");
  await started;
  expect(steps).toEqual(["key", "started"]);
});
