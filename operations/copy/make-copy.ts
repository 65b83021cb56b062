import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Environment, loadEnvironment } from "../../config/environment";
import { snakeCase } from "../../config/overrides";
import { portSetting } from "../../config/platform-settings";
import { publishedAddress } from "../../constructs/workload/workload";
import { ExitCode, KitError } from "../../kit/errors";
import { makeFolder, withFiles, writePrivate } from "../../kit/file-system";
import { defaultHosts } from "../../platform/model/addresses";
import { urlOf } from "../../platform/model/endpoint";
import { remoteEngineHost } from "../../setup/engine/engine";
import { cacheFolder, ensureCacheFolder } from "../../setup/host/cache";
import { withLock } from "../../setup/host/lock";
import { copyFile, currentCopy, readCopy, useName } from "../deployment/current-environment";
import { listenError } from "../engine/preflight";

/** Below those that outgoing connections take. */
const range = { first: 20_000, last: 31_999 };

/**
 * Remembers of which file the environment of KIT_NAME is, and chooses what several from one file cannot share: ports that nobody
 * else has, and the host names that browsers keep cookies by. What was chosen stays, until `down` removes its folder.
 *
 * Ports are chosen by one process at a time, and are taken from then on for all copies of this user, whether they are up or not.
 *
 * @param environment as `--env` names it
 * @param ports whether they are chosen; else those of the file stay
 * @throws KitError when there is no name, or not every port can be chosen
 */
export async function makeCopy(environment: string, ports: "auto" | undefined): Promise<void> {
  const { KIT_NAME: name } = process.env;
  if (!name) {
    throw new KitError("ports are chosen for one of several from a file", [
      { where: "--ports auto", what: "it has no name of its own", fix: "Give it one: --name NAME" },
    ]);
  }
  const remember = async (chosen: Record<string, string>) => {
    const file = copyFile(name);
    // A path is one from here only.
    const found = environment.endsWith(".yaml") ? resolve(environment) : environment;
    const variables = { ...currentCopy()?.variables, ...chosen };
    withFiles(() => makeFolder(dirname(file), 0o700));
    writePrivate(file, json({ environment: found, variables }));
  };
  if (ports === undefined) return remember({});
  const load = () => {
    useName(name);
    return loadEnvironment(environment, { env: process.env });
  };
  ensureCacheFolder();
  await withLock(join(cacheFolder(), "ports.lock"), async () => {
    // Another process may have chosen meanwhile.
    const written = load();
    const others = copiesWithPorts().filter((file) => file !== resolve(copyFile(name)));
    await remember({ ...gatewayHost(written), ...(await chosenPorts(written, portsOf(others))) });
    writePrivate(registry(), json([...others, resolve(copyFile(name))]));
    await remember(keycloakUrl(load()));
  });
  useName(name);
}

/** Files of the copies that have chosen ports. */
const registry = () => join(cacheFolder(), "copies.json");

function copiesWithPorts(): string[] {
  const listed: string[] = existsSync(registry()) ? JSON.parse(readFileSync(registry(), "utf8")) : [];
  return listed.filter((file) => existsSync(file));
}

function portsOf(copies: readonly string[]): Set<number> {
  return new Set(
    copies.flatMap((file) =>
      Object.entries(readCopy(file)?.variables ?? {}).flatMap(([variable, value]) =>
        variable.startsWith("KIT_PORTS_") ? [Number(value)] : [],
      ),
    ),
  );
}

/** A port for each that is published, unless a variable says one. */
async function chosenPorts(
  { bind, platform }: Pick<Environment, "bind" | "platform">,
  taken: Set<number>,
): Promise<Record<string, string>> {
  const wanted = platform.publishedPorts.map((published) => ({
    setting: portSetting(published),
    address: publishedAddress(bind, published),
  }));
  const elsewhere = wanted.filter(({ setting }) => !setting.startsWith("ports."));
  if (elsewhere.length > 0) {
    throw new KitError(
      "not every port can be chosen",
      elsewhere.map(({ setting }) => ({
        where: setting,
        what: "a further realm has ports of its own, which are chosen for none",
        fix: "Leave --ports auto out, and give each environment an address of its own: KIT_BIND=127.0.0.2",
      })),
    );
  }
  const chosen: Record<string, string> = {};
  let port = range.first;
  // Whether a port of another machine is free its engine tells.
  const isRemote = (await remoteEngineHost()) !== undefined;
  for (const { setting, address } of wanted) {
    const variable = `KIT_${snakeCase(setting)}`;
    if (process.env[variable] !== undefined) continue;
    while (taken.has(port) || (!isRemote && (await listenError(address, port)) !== undefined)) {
      if (++port > range.last) throw noPortLeft();
    }
    taken.add(port);
    chosen[variable] = String(port);
  }
  return chosen;
}

function noPortLeft(): KitError {
  return new KitError(
    "no port is free",
    [
      {
        where: "--ports auto",
        what: "every port is taken, by programs or by copies that are remembered",
        allowed: `${range.first} to ${range.last}`,
        fix: "Remove copies: `list` names them, `down --name NAME` and `prune` remove them",
      },
    ],
    { exitCode: ExitCode.machine },
  );
}

// Browsers and curl find names below `localhost` without being told.

/** A name of its own for the gateway, unless one is written. */
function gatewayHost({ name, hosts, public: names }: Environment): Record<string, string> {
  const isWritten = hosts.gateway !== defaultHosts.gateway || names.gateway !== undefined;
  return isWritten ? {} : { KIT_HOSTS_GATEWAY: `mail.${name}.localhost` };
}

/** A URL of its own for Keycloak, likewise. Its containers have another name for it: below `localhost` curl finds nobody but itself. */
function keycloakUrl({ name, hosts, public: names, platform }: Environment): Record<string, string> {
  const { managed, endpoint } = platform.services.keycloak;
  const isWritten = hosts.keycloak !== defaultHosts.keycloak || names.keycloak !== undefined;
  if (!managed || isWritten) return {};
  return { KIT_PUBLIC_KEYCLOAK: urlOf({ ...endpoint, host: `sso.${name}.localhost` }) };
}

const json = (content: unknown) => `${JSON.stringify(content, null, 2)}\n`;
