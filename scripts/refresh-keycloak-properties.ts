import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { tellPlainly, toTheEnd } from "../cli/to-the-end";
import { KitError } from "../kit/errors";
import { withAdminApi } from "../operations/keycloak/admin-api";
import { administrator } from "../operations/keycloak/foreign-realm";
import { keycloakProperties } from "./keycloak-properties";

const file = join(__dirname, "../constructs/keycloak/adopt/secrets/keycloak-properties.json");

// `npm run refresh:keycloak-properties URL` writes down which properties are secrets, as the Keycloak at that base URL says:
// one with all features that are on by default. The administrator is given as for `realm adopt`.
async function refresh(baseUrl = ""): Promise<void> {
  if (!/^https?:\/\//.test(baseUrl)) {
    throw new KitError("This is no Keycloak", [
      { where: "argument", what: "not a base URL", got: baseUrl, allowed: "as http://127.0.0.1:8080/auth" },
    ]);
  }
  const access = {
    ...administrator(),
    baseUrl,
    unreachable: "Is it the base URL of a Keycloak that runs?",
    refused: ({ url, status }: { url: string; status: number }) =>
      new KitError("Keycloak does not tell", [
        { where: url, what: `it answers ${status}`, fix: "Give an administrator of the master realm" },
      ]),
  };
  const properties = await withAdminApi(access, keycloakProperties);
  writeFileSync(file, `${JSON.stringify(properties, null, 2)}\n`);
}

void toTheEnd(refresh(process.argv[2]), tellPlainly);
