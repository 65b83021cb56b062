// Says what is in a file at the pull request of GitHub or the merge request of GitLab that this job is of, in one comment for each
// environment file, which is written anew each time: node ci/comment.mjs FILE. Without such a request or a token it does nothing.
// Variables are those that the runner sets; of GitHub also GITHUB_TOKEN, of GitLab GITLAB_TOKEN (CI_JOB_TOKEN may not comment).
import { readFileSync } from "node:fs";

const PAGE = 100;
const { env } = process;
const marker = `<!-- james-oidc-kit ${env.KIT_ENV} -->`;

/** Where comments are, and how they are asked for; undefined where there are none. */
function comments() {
  if (env.GITHUB_ACTIONS === "true") {
    const event = JSON.parse(readFileSync(env.GITHUB_EVENT_PATH, "utf8"));
    const number = event.pull_request?.number;
    if (number === undefined || !env.GITHUB_TOKEN) return undefined;
    const repository = `${env.GITHUB_API_URL}/repos/${env.GITHUB_REPOSITORY}`;
    return {
      all: `${repository}/issues/${number}/comments`,
      one: (id) => `${repository}/issues/comments/${id}`,
      change: "PATCH",
      headers: { authorization: `Bearer ${env.GITHUB_TOKEN}`, accept: "application/vnd.github+json" },
    };
  }
  if (!env.CI_MERGE_REQUEST_IID || !env.GITLAB_TOKEN) return undefined;
  const all = `${env.CI_API_V4_URL}/projects/${env.CI_PROJECT_ID}/merge_requests/${env.CI_MERGE_REQUEST_IID}/notes`;
  return {
    all,
    one: (id) => `${all}/${id}`,
    change: "PUT",
    headers: { "private-token": env.GITLAB_TOKEN },
  };
}

async function comment({ all, one, change, headers }, text) {
  const ask = async (method, url, body) => {
    const response = await fetch(url, {
      method,
      headers: { ...headers, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(15_000),
    });
    if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${response.statusText}`);
    return response.json();
  };
  const find = async (page) => {
    const found = await ask("GET", `${all}?per_page=${PAGE}&page=${page}`);
    const own = found.find(({ body }) => body?.startsWith(marker));
    return own || found.length < PAGE ? own : find(page + 1);
  };
  const own = await find(1);
  const body = { body: `${marker}\n${text}` };
  await (own ? ask(change, one(own.id), body) : ask("POST", all, body));
}

try {
  const where = comments();
  if (where) await comment(where, readFileSync(process.argv[2], "utf8"));
} catch (error) {
  // Of a fork the token may not: no reason to fail.
  console.error(`The plan is no comment: ${error.cause?.message ?? error.message}`);
}
