import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { packageRoot } from "../../kit/package-root";

interface Comment {
  readonly id: number;
  body: string;
}

let folder: string;
let server: Server;
let url: string;
/** What the API knows, and what it was asked: method, path, token. */
let comments: Comment[];
let asked: string[];
let status: number;

beforeEach(async () => {
  [comments, asked, status] = [[], [], 200];
  folder = mkdtempSync(join(tmpdir(), "comment-test-"));
  writeFileSync(join(folder, "plan.md"), "create james\n");
  writeFileSync(join(folder, "event.json"), JSON.stringify({ pull_request: { number: 7 } }));
  server = createServer(async (request, response) => {
    const { method, headers } = request;
    const { pathname, searchParams } = new URL(request.url ?? "", "http://api");
    let text = "";
    for await (const chunk of request) text += chunk;
    asked.push(`${method} ${pathname} ${headers.authorization ?? headers["private-token"]}`);
    response.statusCode = status;
    if (method === "GET") {
      const [page, size] = ["page", "per_page"].map((name) => Number(searchParams.get(name))) as [
        number,
        number,
      ];
      response.end(JSON.stringify(comments.slice((page - 1) * size, page * size)));
      return;
    }
    const { body } = JSON.parse(text);
    const own = comments.find(({ id }) => pathname.endsWith(`/${id}`));
    if (own) own.body = body;
    else comments.push({ id: comments.length + 1, body });
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const github = () => ({
  GITHUB_ACTIONS: "true",
  GITHUB_API_URL: url,
  GITHUB_REPOSITORY: "owner/app",
  GITHUB_EVENT_PATH: join(folder, "event.json"),
  GITHUB_TOKEN: "t",
});
const gitlab = () => ({
  GITLAB_CI: "true",
  CI_API_V4_URL: url,
  CI_PROJECT_ID: "3",
  CI_MERGE_REQUEST_IID: "7",
  GITLAB_TOKEN: "t",
});

/** With nothing of this machine's own pipeline. @returns exit code, and what was said */
function comment(variables: NodeJS.ProcessEnv): Promise<{ code: number; said: string }> {
  const env = { PATH: process.env.PATH, KIT_ENV: "offline", ...variables };
  const args = [join(packageRoot, "ci/comment.mjs"), join(folder, "plan.md")];
  return new Promise((resolve) =>
    execFile(process.execPath, args, { env }, (error, _, said) =>
      resolve({ code: Number(error?.code ?? 0), said }),
    ),
  );
}

const body = "<!-- james-oidc-kit offline -->\ncreate james\n";

describe.each([
  [
    "GitHub",
    github,
    "/repos/owner/app/issues/7/comments",
    "PATCH /repos/owner/app/issues/comments/102 Bearer t",
  ],
  ["GitLab", gitlab, "/projects/3/merge_requests/7/notes", "PUT /projects/3/merge_requests/7/notes/102 t"],
] as const)("the comment on %s", (_, variables, all, change) => {
  it("is made once, and written anew", async () => {
    for (let id = 1; id <= 101; id++) comments.push({ id, body: "of somebody" });
    expect(await comment(variables())).toEqual({ code: 0, said: "" });
    expect(comments[101]).toEqual({ id: 102, body });
    expect(asked.at(-1)).toContain(`POST ${all} `);
    writeFileSync(join(folder, "plan.md"), "nothing to change\n");
    await comment(variables());
    expect(comments).toHaveLength(102);
    expect(comments[101]?.body).toMatch(/nothing to change\n$/);
    expect(asked.at(-1)).toBe(change);
  });

  it("is one for each environment file", async () => {
    await comment(variables());
    await comment({ ...variables(), KIT_ENV: "local" });
    expect(comments.map(({ body }) => body.split("\n")[0])).toEqual([
      "<!-- james-oidc-kit offline -->",
      "<!-- james-oidc-kit local -->",
    ]);
  });

  it("that is refused is said, and ends no pipeline", async () => {
    status = 403;
    const { code, said } = await comment(variables());
    expect(code).toBe(0);
    expect(said).toMatch(/^The plan is no comment: GET .*: 403/);
  });
});

it.each([
  ["GitHub, without a token", () => ({ ...github(), GITHUB_TOKEN: "" })],
  ["GitLab, without a token", () => ({ ...gitlab(), GITLAB_TOKEN: "" })],
  ["GitLab, of no merge request", () => ({ ...gitlab(), CI_MERGE_REQUEST_IID: "" })],
])("nothing is asked: %s", async (_, variables) => {
  expect(await comment(variables())).toEqual({ code: 0, said: "" });
  expect(asked).toEqual([]);
});

it("nothing is asked: GitHub, of no pull request", async () => {
  writeFileSync(join(folder, "event.json"), "{}");
  expect(await comment(github())).toEqual({ code: 0, said: "" });
  expect(asked).toEqual([]);
});
