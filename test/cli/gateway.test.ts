import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type GatewayCheckOptions, gatewayCheck, gatewayRender } from "../../cli/commands/gateway";
import type { Output } from "../../cli/output/output";
import { checkApisixYaml } from "../../constructs/apisix/check/check";
import { ExitCode, KitError } from "../../kit/errors";
import { createProgress } from "../../setup/progress/progress";

let folder: string;
let results: { data: Record<string, unknown>; text: string }[];
let output: Output;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kit-gateway-"));
  results = [];
  output = {
    progress: createProgress({ json: true }),
    result: (data, text) => results.push({ data: data as Record<string, unknown>, text }),
  };
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

describe("gateway check", () => {
  const healthy = 'upstreams:\n  - id: u\n    nodes:\n      "a:80": 1\n#END\n';

  function write(content: string | Buffer): string {
    const file = join(folder, "apisix.yaml");
    writeFileSync(file, content);
    return file;
  }

  const check = (file: string, options: GatewayCheckOptions = {}) => gatewayCheck(file, options, output);

  test("a file without errors: a summary, no exception", async () => {
    const file = write(healthy);
    await check(file);
    expect(results).toEqual([
      {
        data: { command: "gateway check", file, errors: 0, warnings: 0 },
        text: `${file}: 0 errors, 0 warnings`,
      },
    ]);
  });

  test("errors: an event and a line each, then exit code 2", async () => {
    const file = write(healthy.replace("id: u", "id: u u"));
    await expect(check(file)).rejects.toMatchObject({
      summary: `${file}: 1 error, 0 warnings`,
      exitCode: ExitCode.badInput,
    });
    expect(results).toHaveLength(1);
    expect(results[0]?.data).toMatchObject({ event: "finding", file, severity: "error", line: 2 });
    expect(results[0]?.text).toMatch(
      new RegExp(`^error ${file}:2 upstreams\\[0\\]\\(u u\\).*\\. APISIX drops.*\\. Correct.*\\.$`),
    );
  });

  test("the release and the environment's variables count", async () => {
    const file = write(healthy.replace('"a:80": 1', '"a:80": ${{KIT_TEST_WEIGHT}}'));
    await check(file);
    await expect(check(file, { variablesFromEnvironment: true })).rejects.toThrow(KitError);
    vi.stubEnv("KIT_TEST_WEIGHT", "1");
    await check(file, { variablesFromEnvironment: true });
    vi.unstubAllEnvs();
    await expect(check(file, { apisix: "2.15" })).rejects.toThrow("--apisix");
    await expect(check(file, { apisix: "latest" })).rejects.toThrow("--apisix");
  });

  test("- is standard input", async () => {
    vi.spyOn(process, "stdin", "get").mockReturnValue(
      Readable.from([Buffer.from(healthy)]) as typeof process.stdin,
    );
    await check("-");
    expect(results[0]?.text).toBe("standard input: 0 errors, 0 warnings");
  });

  test.each<[string, () => string, string]>([
    ["a file that is not there", () => join(folder, "none.yaml"), "ENOENT"],
    ["a folder", () => folder, "EISDIR"],
    ["a file of more than 10 MiB", () => write(Buffer.alloc(10 * 1024 * 1024 + 1, "#")), "too large"],
    ["a file without an end", () => "/dev/zero", "too large"],
    ["what is not UTF-8", () => write(Buffer.from([0x61, 0xff, 0xfe])), "not a text"],
    ["a file with a zero byte", () => write("a: \0\n#END\n"), "not a text"],
  ])("%s is refused", async (_, file, what) => {
    await expect(check(file())).rejects.toMatchObject({
      exitCode: ExitCode.badInput,
      problems: [expect.objectContaining({ what: expect.stringContaining(what) })],
    });
  });
});

describe("gateway render", () => {
  const secretsBefore = existsSync(".kit");

  test.each(["apisix", "httpd"] as const)("%s: printed, each file below its path", (gateway) => {
    gatewayRender("reference", { gateway }, output);
    const [{ data, text }] = results as [(typeof results)[0]];
    const files = data.files as { path: string; content: string }[];
    expect(data).toMatchObject({ command: "gateway render", environment: "reference", gateway });
    expect(files.length).toBeGreaterThan(1);
    for (const { path } of files) expect(text).toContain(`# --- ${path}\n`);
    expect(existsSync(".kit")).toBe(secretsBefore);
  });

  test("with certificates that the environment's own authority issues", () => {
    vi.stubEnv("KIT_TLS_MODE", "own");
    gatewayRender("reference", { gateway: "httpd" }, output);
    vi.unstubAllEnvs();
    expect(results[0]?.text).toContain("SSLEngine On");
  });

  test("another gateway keeps what the environment says beside it", () => {
    vi.stubEnv("KIT_REVOCATION", "introspection");
    gatewayRender("reference", { gateway: "apisix" }, output);
    expect(results[0]?.text).toContain("introspection_interval");
    expect(results[0]?.text).not.toContain("use_jwks: true");
    vi.stubEnv("KIT_REVOCATION", "redis");
    gatewayRender("reference", { gateway: "apisix" }, output);
    expect(results[1]?.text).toContain("use_jwks: true");
    expect(() => gatewayRender("reference", { gateway: "httpd" }, output)).toThrow(KitError);
    vi.unstubAllEnvs();
  });

  test("written below a folder that is made; a second time it says what it overwrites", () => {
    const out = join(folder, "new/out");
    gatewayRender("reference", { gateway: "apisix", out }, output);
    const written = results[0]?.data.written as { file: string; overwritten: boolean }[];
    const file = join(out, "usr/local/apisix/conf/apisix.yaml");
    expect(written).toContainEqual({ file, overwritten: false });
    expect(written.every(({ file }) => (statSync(file).mode & 0o777) === 0o644)).toBe(true);
    gatewayRender("reference", { gateway: "apisix", out }, output);
    expect(results[1]?.text.split("\n")).toContain(`overwritten ${file}`);
  });

  test("the check finds nothing in what the kit renders, but that this environment speaks http", () => {
    gatewayRender("reference", { gateway: "apisix", out: folder }, output);
    const text = readFileSync(join(folder, "usr/local/apisix/conf/apisix.yaml"), "utf8");
    expect(checkApisixYaml(text).map(({ severity, where }) => [severity, where])).toEqual([
      ["warning", expect.stringMatching(/^services.*\.plugins\.openid-connect\.discovery$/)],
    ]);
  });

  test("a folder that cannot be written to is told", () => {
    const out = join(folder, "file");
    writeFileSync(out, "");
    expect(() => gatewayRender("reference", { out }, output)).toThrow(KitError);
  });
});
