import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../../kit/package-root";

it.each(["commonjs", "module"])(
  "fetch finds names below localhost, and http servers of others (%s)",
  (type) => {
    const program = `
    const { createServer } = ${type === "module" ? 'await import("node:http")' : 'require("node:http")'};
    const server = createServer((request, response) => response.end(request.headers.host)).listen(0, "127.0.0.1", async () => {
      const { port } = server.address();
      for (const host of ["sso.pr-1.localhost", "127.0.0.1"]) console.log(await (await fetch("http://" + host + ":" + port)).text());
      const { promisify } = ${type === "module" ? 'await import("node:util")' : 'require("node:util")'};
      const dns = ${type === "module" ? 'await import("node:dns")' : 'require("node:dns")'};
      console.log((await promisify(dns.lookup)("sso.pr-1.localhost")).address);
      server.close();
      server.closeAllConnections();
    });`;
    const tsx = ["--import", join(packageRoot, "node_modules/tsx/dist/loader.mjs")];
    const preload = ["--import", join(packageRoot, "testing/localhost.ts")];
    const output = execFileSync(
      process.execPath,
      [...tsx, ...preload, `--input-type=${type}`, "--eval", program],
      { encoding: "utf8" },
    );
    expect(output.replace(/:\d+/g, "")).toBe("sso.pr-1.localhost\n127.0.0.1\n127.0.0.1\n");
  },
);
