import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Output } from "../../cli/output/output";
import { packageRoot } from "../../kit/package-root";
import { createProgress } from "../../setup/progress/progress";

/** Makes a new folder with the environment `unit` the working directory. */
export function enterProject(settings: object): string {
  const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  process.chdir(folder);
  mkdirSync("environments");
  // JSON is YAML.
  writeFileSync("environments/unit.yaml", JSON.stringify(settings));
  return folder;
}

/** Back to where the tests run. */
export function leaveProject(folder: string): void {
  process.chdir(packageRoot);
  rmSync(folder, { recursive: true });
}

/** What a command gives as its results. */
export function recordingOutput(): Output & { results: { data: Record<string, unknown>; text: string }[] } {
  const results: { data: Record<string, unknown>; text: string }[] = [];
  return {
    results,
    progress: createProgress({ json: true }),
    result: (data, text) => results.push({ data: data as Record<string, unknown>, text }),
  };
}

export interface FakeKeycloak {
  readonly port: number;
  /** Answers of the admin API, by method and path below `/auth`; a number is a status. */
  readonly answers: Map<string, unknown>;
  close(): void;
}

/** Answers as Keycloak's admin API does, one realm's worth. */
export async function fakeKeycloak(): Promise<FakeKeycloak> {
  const answers = new Map<string, unknown>();
  const token = `e30.${Buffer.from("{}").toString("base64url")}.x`;
  answers.set("POST /realms/master/protocol/openid-connect/token", {
    access_token: token,
    refresh_token: token,
  });
  const server = createServer((request, response) => {
    request.resume();
    const path = `${request.method} ${request.url?.replace(/^\/auth|\/?(\?.*)?$/g, "")}`;
    const answer = answers.get(path) ?? 404;
    response.statusCode = typeof answer === "number" ? answer : 200;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(typeof answer === "number" ? { error: "refused" } : answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, answers, close: () => server.close() };
}
