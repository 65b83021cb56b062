import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../../kit/package-root";

/** Keycloak's own library for pages, which its public page uses. */
const library = join(packageRoot, "node_modules/keycloak-js/lib/keycloak.js");

/**
 * Does what https://www.keycloak.org/app/ does with what its form is told (url, realm and client in the query): shows
 * who is logged in, and logs in and out. And it asks James for the mailboxes, as its user does by hand with the token.
 */
const page = (options: object) => `<!doctype html><title>playground</title>
<button id="login">Sign in</button><button id="logout">Sign out</button><pre id="who"></pre><pre id="mail"></pre>
<script type="module">
import Keycloak from "/app/keycloak.js";
const { init, login, jmap, accountId } = ${JSON.stringify(options)};
const form = new URLSearchParams(location.search);
const keycloak = new Keycloak({ url: form.get("url"), realm: form.get("realm"), clientId: form.get("client") });
const show = (id, text) => { document.getElementById(id).textContent = text; };
document.getElementById("login").onclick = () => keycloak.login(login);
document.getElementById("logout").onclick = () => keycloak.logout();
const mailboxes = async () => {
  const response = await fetch(jmap, {
    method: "POST",
    headers: {
      Authorization: "Bearer " + keycloak.token,
      Accept: "application/json; jmapVersion=rfc-8621",
      "Content-Type": "application/json",
    },
    body: JSON.stringify({
      using: ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"],
      methodCalls: [["Mailbox/get", { accountId }, "c1"]],
    }),
  });
  return response.status + " " + await response.text();
};
try {
  const known = await keycloak.init({ checkLoginIframe: false, ...init });
  if (known) {
    const { token: access, refreshToken: refresh, refreshTokenParsed } = keycloak;
    window.tokens = { access, refresh, refreshType: refreshTokenParsed.typ };
    show("mail", await mailboxes());
  }
  show("who", known ? keycloak.tokenParsed.preferred_username : "nobody");
} catch (error) {
  show("who", "error: " + (error?.message ?? JSON.stringify(error)));
}
</script>`;

/** A page on https, by a certificate that only a careless browser takes. */
export interface Playground {
  /** Where it listens: `127.0.0.1:12345`. */
  readonly address: string;
  close(): void;
}

/** @param options `init` and `login` of keycloak-js, and what the page asks JMAP for */
export async function startPlayground(options: {
  readonly init: object;
  readonly login: object;
  readonly jmap: string;
  readonly accountId: string;
}): Promise<Playground> {
  const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-e2e-"));
  const [key, cert] = ["key.pem", "cert.pem"].map((name) => join(folder, name)) as [string, string];
  const subject = ["-subj", "/CN=www.keycloak.org", "-days", "2"];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, ...subject],
    { stdio: "ignore" },
  );
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    const isLibrary = request.url === "/app/keycloak.js";
    response.setHeader("content-type", isLibrary ? "text/javascript" : "text/html");
    response.end(isLibrary ? readFileSync(library) : page(options));
  });
  rmSync(folder, { recursive: true });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
