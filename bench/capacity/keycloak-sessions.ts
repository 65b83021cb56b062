import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { DockerEngine } from "../../constructs/engine/docker/docker-engine";
import { ExitCode, KitError } from "../../kit/errors";
import { builtImages } from "../../platform/image-set";
import type { KitProject } from "../../test/e2e/support/kit";
import { docker, freePort } from "../../test/engine";
import { liveHeap } from "./heap";

/** People, each with a session. */
const MOST = 2_000;
/** Logins at a time, and seconds after which none begins. */
const AT_A_TIME = 4;
const SECONDS = 60;

export interface KeycloakSessions {
  readonly sessions: number;
  /** Bytes of its heap for a person who is logged in. */
  readonly heap: number;
}

/**
 * What a session takes of Keycloak's heap, of a Keycloak alone: its own people, whose passwords cost nothing to check, so that
 * there are many sessions soon; and a heap that keeps nothing it could make again, whose caches are larger than some sessions.
 */
export async function keycloakSessions(project: KitProject): Promise<KeycloakSessions> {
  const folder = join(project.directory, "realm");
  mkdirSync(folder, { mode: 0o755 });
  writeFileSync(join(folder, "people-realm.json"), JSON.stringify(realm()));
  const port = freePort();
  const [id = ""] = docker(
    ...["run", "--detach", "--label", `${DockerEngine.label}=${project.name}`],
    ...["--publish", `127.0.0.1:${port}:8080`, "--volume", `${folder}:/opt/keycloak/data/import:ro`],
    ...["--env", "JAVA_OPTS_KC_HEAP=-Xms128m -Xmx640m"],
    ...["--env", "JAVA_OPTS_APPEND=-XX:TieredStopAtLevel=1 -XX:SoftRefLRUPolicyMSPerMB=0"],
    ...["--entrypoint", "/opt/keycloak/bin/kc.sh", builtImages().keycloak.reference],
    ...["start", "--optimized", "--http-enabled=true", "--hostname-strict=false", "--import-realm"],
  );
  const logIn = (person: number) => askForToken(port, person);
  await answers(() => logIn(0));
  // What the first logins make is no part of the others.
  await Promise.all(Array.from({ length: 100 }, (_, person) => logIn(person + 1)));
  const first = 101;
  const before = liveHeap(id);
  const end = performance.now() + SECONDS * 1000;
  let person = first;
  for (; person < MOST && performance.now() < end; person += AT_A_TIME) {
    await Promise.all(Array.from({ length: AT_A_TIME }, (_, index) => logIn(person + index)));
  }
  const heap = (liveHeap(id) - before) / (person - first);
  docker("rm", "--force", "--volumes", id);
  return { sessions: person, heap };
}

function realm(): object {
  const users = Array.from({ length: MOST + AT_A_TIME }, (_, person) => ({
    ...{ username: `p${person}`, email: `p${person}@localhost`, emailVerified: true, enabled: true },
    ...{ firstName: `p${person}`, lastName: "Person" },
    credentials: [{ type: "password", value: "password" }],
  }));
  const client = { clientId: "mail", publicClient: true, directAccessGrantsEnabled: true };
  return {
    ...{ realm: "people", enabled: true, sslRequired: "none", users, clients: [client] },
    passwordPolicy: "hashAlgorithm(pbkdf2-sha256) and hashIterations(1)",
  };
}

async function askForToken(port: number, person: number): Promise<void> {
  const { statusCode, body } = await request(
    `http://127.0.0.1:${port}/auth/realms/people/protocol/openid-connect/token`,
    {
      ...{ method: "POST", headersTimeout: 30_000, bodyTimeout: 30_000 },
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: `${new URLSearchParams({
        ...{ grant_type: "password", client_id: "mail", scope: "openid" },
        ...{ username: `p${person}`, password: "password" },
      })}`,
    },
  );
  const text = await body.text();
  if (statusCode === 200) return;
  throw new KitError("somebody cannot log in", [{ what: text, got: statusCode }], {
    exitCode: ExitCode.deployment,
  });
}

/** Keycloak makes its realm when it starts. */
async function answers(ask: () => Promise<void>): Promise<void> {
  const end = performance.now() + 180_000;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(1000);
    }
  }
}
