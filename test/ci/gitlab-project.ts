import { execFileSync, spawn } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { packageRoot } from "../../kit/package-root";

const program = join(packageRoot, "node_modules/gitlab-ci-local/dist/index.js");

/** What gitlab-ci-local calls and Node.js 20 has not. */
const preload = "Set.prototype.union ??= function (other) { return new Set([...this, ...other]); };";

/**
 * Makes a folder the repository of the example's application, with the component in it.
 *
 * @param inputs of the component, in place of the example's
 */
export function makeGitlabProject(folder: string, inputs?: Readonly<Record<string, string | boolean>>): void {
  for (const name of ["templates", "examples/pipelines"]) {
    cpSync(join(packageRoot, name), join(folder, name), { recursive: true });
  }
  const text = readFileSync(join(packageRoot, "examples/pipelines/gitlab-ci.yml"), "utf8");
  writeFileSync(
    join(folder, ".gitlab-ci.yml"),
    // JSON is YAML.
    inputs ? text.replace(/inputs:\n( {6}.*\n)+/, `inputs: ${JSON.stringify(inputs)}\n`) : text,
  );
  const git = (...args: string[]) => execFileSync("git", args, { cwd: folder });
  git("init", "--quiet");
  git("remote", "add", "origin", "git@gitlab.example.com:group/app.git");
  git("add", "templates", "examples", ".gitlab-ci.yml");
  const author = ["-c", "user.name=app", "-c", "user.email=app@example.com"];
  git(...author, "commit", "--quiet", "--message", "An application");
  // Jobs run in the folder itself: nothing is to be copied.
  mkdirSync(join(folder, ".bin"));
  writeFileSync(join(folder, ".bin/rsync"), "#!/bin/sh\n");
  chmodSync(join(folder, ".bin/rsync"), 0o755);
}

/**
 * gitlab-ci-local in such a folder: it checks .gitlab-ci.yml by GitLab's published schema, and runs jobs as a runner does whose
 * executor is `shell`.
 */
export function gitlabCiLocal(
  folder: string,
  ...args: string[]
): Promise<{ exitCode: number; output: string }> {
  const PATH = `${join(folder, ".bin")}${delimiter}${process.env.PATH}`;
  const load = `data:text/javascript,${encodeURIComponent(preload)}`;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", load, program, "--no-color", ...args], {
      cwd: folder,
      // The remote's branches, which it asks for, are nowhere.
      env: { ...process.env, PATH, HOME: folder, GIT_SSH_COMMAND: "false" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const read = (chunk: Buffer) => {
      output += chunk;
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("error", reject);
    child.on("close", (code) => resolve({ exitCode: code ?? -1, output }));
  });
}
