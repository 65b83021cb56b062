import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { KitError } from "../../../kit/errors";
import { packageRoot } from "../../../kit/package-root";
import { formProblems, readJson } from "./json-text";

/** Keycloak's own model of a realm. */
export type RealmRepresentation =
  import("@keycloak/keycloak-admin-client/lib/defs/realmRepresentation.js", { with: {
    "resolution-mode": "import",
  }}).default;

/** What the kit itself relies on; everything else is Keycloak's and passes through. */
const texts = z.array(z.string()).optional();
const configuration = z.record(z.string(), z.array(z.string())).optional();
const shape = z.looseObject({
  realm: z.string().min(1),
  attributes: z.looseObject({}).optional(),
  clients: z.array(
    z.looseObject({
      clientId: z.string().min(1),
      attributes: z.looseObject({}).optional(),
      redirectUris: texts,
      webOrigins: texts,
      defaultClientScopes: texts,
      optionalClientScopes: texts,
    }),
  ),
  components: z
    .record(z.string(), z.array(z.looseObject({ name: z.string().optional(), config: configuration })))
    .optional(),
});

/**
 * Reads a realm representation: JSON as Keycloak exports it.
 *
 * @param source what to call the text in errors: its path
 * @throws KitError when it is not JSON or no realm
 */
export function parseRealm(text: string, source: string): RealmRepresentation {
  const read = readJson(text, source);
  const problems = "problem" in read ? [read.problem] : formProblems(shape, read.json, source);
  if ("problem" in read || problems.length > 0) {
    throw new KitError(`${source} is not a realm template`, problems);
  }
  return read.json as RealmRepresentation;
}

/** Where the kit's own realm is. */
export const kitRealmFile = join(packageRoot, "realm-templates/oidc.json");

/** The realm that a platform has unless it is given another. */
export function kitRealm(): RealmRepresentation {
  return parseRealm(readFileSync(kitRealmFile, "utf8"), kitRealmFile);
}
