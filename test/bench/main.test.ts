import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../../kit/package-root";

it("npm run bench loads all of its parts outside of a test, and knows them by name", () => {
  const help = execFileSync(
    join(packageRoot, "node_modules/.bin/tsx"),
    [join(packageRoot, "bench/main.ts"), "--help"],
    { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
  );
  expect(help.replace(/\s+/g, " ")).toContain(
    '"up", "durable", "gateway", "render", "identity", "tls", "capacity", "backup", "mail", "copies"',
  );
});
