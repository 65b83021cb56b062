import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { packageRoot } from "../../../kit/package-root";
import { run } from "../../../kit/run";

const home = mkdtempSync(join(tmpdir(), "james-oidc-kit-keycloak-"));
afterAll(() => rmSync(home, { recursive: true }));

const recipe = (file: string) => readFileSync(join(packageRoot, "images/keycloak", file), "utf8");
const start = recipe("start");

/** What the start program gives to `kc.sh` of the official image: its options of the JVM, and its arguments. */
async function official(
  options: string,
): Promise<{ variables: Record<string, string>; arguments: string[] }> {
  mkdirSync(join(home, "bin"), { recursive: true });
  mkdirSync(join(home, "data"), { recursive: true });
  writeFileSync(join(home, "bin/kc.sh"), '#!/bin/bash\nenv -0\nprintf "arguments=%s" "$*"\n', {
    mode: 0o755,
  });
  writeFileSync(join(home, "start"), start.replace("home=/opt/keycloak", `home=${home}`), { mode: 0o755 });
  const { stdout } = await run(join(home, "start"), [], { env: { KIT_JAVA_OPTS: options } });
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
