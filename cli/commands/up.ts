import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { loadEnvironment } from "../../config/environment";
import { defined } from "../../kit/defined";
import { ExitCode, KitError } from "../../kit/errors";
import { isAtLeast } from "../../kit/release";
import { someOf } from "../../kit/some-of";
import { engineEnvironments } from "../../operations/copy/engine-environments";
import { makeCopy } from "../../operations/copy/make-copy";
import { memoryShortage } from "../../operations/copy/memory";
import { keepRecord } from "../../operations/copy/record";
import { currentCopy, rememberUp } from "../../operations/deployment/current-environment";
import { keepDeployed } from "../../operations/deployment/deployed-copy";
import { rememberSettings } from "../../operations/deployment/deployed-settings";
import { type Deployment, withDeployment } from "../../operations/deployment/deployment";
import { synthesize, variableEnvironment } from "../../operations/deployment/synthesize";
import { watchingCrashes } from "../../operations/engine/crash-watch";
import { explained, untilHealthy } from "../../operations/engine/health";
import { makeNetworks } from "../../operations/engine/make-networks";
import { preflight, wantedNames } from "../../operations/engine/preflight";
import { refuseUnreachable } from "../../operations/engine/refuse-unreachable";
import { proveAdministrator } from "../../operations/keycloak/admin-password";
import { refuseClientsInTheWay } from "../../operations/keycloak/clients-in-the-way";
import { withoutLostAnswers } from "../../operations/keycloak/lost-answers";
import { isMasterUnprotected, protectMaster } from "../../operations/keycloak/protect-master";
import { refuseStaleRealm, refuseStaleSecrets } from "../../operations/keycloak/stale-secrets";
import { giveUpRealms } from "../../operations/losses/give-up-realms";
import type { Loss } from "../../operations/losses/realm-losses";
import { realmsLost, refuseLoss } from "../../operations/losses/refuse-loss";
import { reimportedRealms } from "../../operations/losses/reimported-realms";
import { keepUnfinished } from "../../operations/losses/unfinished-realms";
import { fillMailboxes } from "../../operations/mail/fill-mailboxes";
import { logOutChanged, logOutRemoved } from "../../operations/plan/changed-people";
import {
  type Examination,
  examine,
  type PlannedPlatform,
  planPlatform,
} from "../../operations/plan/examination";
import { mend } from "../../operations/plan/mend";
import { resourceNames } from "../../operations/terraform/planned-changes";
import {
  apply,
  forgetPlan,
  initialize,
  type ResourceEvent,
  stackFile,
  type TerraformOptions,
} from "../../operations/terraform/terraform";
import { forgetUpgrade } from "../../operations/upgrade/forget-upgrade";
import { refuseUnreadableData } from "../../operations/upgrade/refuse-unreadable-data";
import { checkLdif } from "../../operations/verify/ldif-check";
import { checkProviders } from "../../operations/verify/provider-check";
import { imagesIn } from "../../platform/image-set";
import { namesElsewhere } from "../../platform/model/names-elsewhere";
import { isDurable } from "../../platform/model/resolve-storage";
import { type Engine, ensureEngine } from "../../setup/engine/engine";
import { registryReferences } from "../../setup/engine/images";
import { unreachableImages } from "../../setup/engine/registry";
import { prepareMachine } from "../../setup/machine";
import { formatSeconds, type Progress } from "../../setup/progress/progress";
import type { Terraform } from "../../setup/terraform/terraform";
import { imagesOf } from "../../stacks/environment-platform";
import { keycloakAddress } from "../../stacks/identity-stack";
import { commandSuite, type JunitSuite, reported } from "../output/junit";
import type { Output } from "../output/output";
import { upSummary } from "../output/up-summary";
import { smokeTest } from "./smoke";

export interface UpOptions {
  /** Whether the smoke test runs at the end. */
  readonly smoke: boolean;
  /** File of a report in JUnit's form. @default none */
  readonly junit?: string;
  /** Whether free ports are chosen for one of several from a file, once. @default those of the file */
  readonly ports?: "auto";
  /** What `list` and `prune` find it by, with those that it has. @default none */
  readonly label?: Readonly<Record<string, string>>;
  /** How long it is wanted, in milliseconds from now on. @default nobody says */
  readonly ttl?: number;
  /** What people may lose: `mail`, or realms by name that are renamed, replaced or get another federation. @default none */
  readonly allowLoss?: readonly string[];
}

/**
 * Brings an environment up, or up to date.
 *
 * @param named undefined: `local` or `offline`, by what the engine can reach
 * @throws KitError
 */
export async function up(named: string | undefined, options: UpOptions, output: Output): Promise<void> {
  const { progress } = output;
  await reported(
    options.junit,
    (add) => upAndSmoke(named, options, output, add),
    (error) => commandSuite("up", progress.timings(), isOfSmoke(error) ? undefined : error),
  );
}

const isOfSmoke = (error: unknown) => error instanceof KitError && error.exitCode === ExitCode.smoke;

async function upAndSmoke(
  named: string | undefined,
  options: UpOptions,
  output: Output,
  add: (suite: JunitSuite) => void,
): Promise<void> {
  const started = performance.now();
  const { progress } = output;
  const engine = named === undefined ? await ensureEngine(progress) : undefined;
  const name = named ?? (await chooseEnvironment(progress));
  if (process.env.KIT_NAME || options.ports) await makeCopy(name, options.ports);
  await withDeployment(name, async (deployment) => {
    const { environment } = deployment;
    const { allowLoss = [] } = options;
    refuseUnreadableData(deployment);
    await refuseUnreachable(environment);
    const stacks = await prepare(deployment, output, { allowLoss, ...(engine && { engine }) });
    await tellApart(deployment, name, options, progress);
    const changed = await bringUp(deployment, name, stacks, allowLoss, output).finally(() =>
      forgetPlan(stacks[0]),
    );
    await forgetUpgrade(deployment, progress);
    const mails = await fillMailboxes(deployment, progress);
    const deployed = (performance.now() - started) / 1000;
    if (options.smoke) await smokeTest(deployment, output, { add });
    output.result(
      {
        command: "up",
        environment: environment.name,
        changed,
        ...(mails > 0 && { mails }),
        seconds: Number(deployed.toFixed(3)),
        timings: progress.timings(),
      },
      upSummary(deployment, changed, deployed, output),
    );
  });
}

/** Has the engine know what an environment is told apart by, where it is to be. */
async function tellApart(
  { environment: { name, platform } }: Deployment,
  file: string,
  { label: labels, ttl }: UpOptions,
  progress: Progress,
): Promise<void> {
  const copyOf = currentCopy() && file;
  const isWanted = [copyOf, labels, ttl].some((said) => said !== undefined);
  const shortage = isWanted && (await memoryShortage(name, platform, await engineEnvironments()));
  if (shortage) progress.note(shortage);
  await keepRecord(name, { durable: isDurable(platform), ...defined({ copyOf, labels, ttl }) }, isWanted);
}

/** What is done beside it while an environment is brought up. */
export interface BringUpSteps {
  /** What people call it by. */
  readonly command: string;
  /** Once it is known what would be changed, and before anything is. @throws KitError to leave all as it is */
  begin(found: Examination, planned: PlannedPlatform): Promise<void>;
  /** Changes a part of it ahead of the rest. @returns how much was changed */
  change(): Promise<number>;
}

/** Deploys what is prepared, unless people would lose something. @returns how much was changed */
export async function bringUp(
  deployment: Deployment,
  name: string,
  stacks: Stacks,
  allowLoss: readonly string[],
  output: Output,
  steps?: BringUpSteps,
): Promise<number> {
  const [platform, ...identity] = stacks;
  const { environment } = deployment;
  const { progress } = output;
  await refuseClientsInTheWay(deployment);
  const found = await examine(deployment, platform);
  await Promise.all([
    ...stacks.map(initialize),
    preflight(environment, wantedNames(stackFile(platform)), found.present),
    refuseStaleRealm(deployment, stackFile(platform)),
  ]);
  const [planned, openMaster] = await Promise.all([
    planPlatform(deployment, platform, found),
    isMasterUnprotected(deployment),
  ]);
  const realms = await realmsLost(deployment);
  const reimported = reimportedRealms(deployment, planned.changes, realms);
  const losses = [...realms, ...reimported, ...planned.mail];
  await refuseLoss(deployment, losses, allowLoss, steps?.command);
  await steps?.begin(found, planned);
  await makeNetworks(environment.name, platform, found.present);
  // From here on something changes; everything that can refuse is above.
  rememberUp(name);
  let { changes } = await mend(deployment, platform, { found, planned, allowLoss }, progress);
  for (const { name, reasons, ends = [] } of changes.filter(({ ends }) => ends !== undefined)) {
    progress.note(`${name} is replaced: ${[...reasons, ...ends].join("; ")}`);
  }
  await logOutRemoved(deployment, found, progress);
  let changed = 0;
  if (steps) {
    changed = await steps.change();
    ({ changes } = await planPlatform(deployment, platform, await examine(deployment, platform)));
  }
  const deployed = await deploy(
    deployment,
    [{ ...platform, changes: changes.length }, ...identity],
    { lost: realms, openMaster, changed },
    output,
  );
  rememberSettings(deployment);
  keepDeployed(name, deployment, stacks);
  deployment.secrets.othersProven();
  const forgotten = deployment.secrets.forgetOthers();
  if (forgotten.length > 0) progress.done("secrets", `of nobody any more, removed: ${someOf(forgotten)}`);
  return deployed + found.repairs.length;
}

async function chooseEnvironment(progress: Progress): Promise<string> {
  const local = loadEnvironment("local", { env: process.env });
  const references = await registryReferences(imagesIn(imagesOf(local), local.platform.services));
  const [unreachable] = await unreachableImages([...references.values()]);
  const name = unreachable === undefined ? "local" : "offline";
  const why =
    unreachable === undefined
      ? "the engine has or reaches its images"
      : unreachable.refused
        ? `the registry of ${unreachable.reference} wants a login (docker login) or has no such image, so images are built`
        : `no registry gives the engine ${unreachable.reference}, so images are built`;
  progress.done(`environment ${name}`, `${why}; --env chooses another`);
  return name;
}

/** The platform, and the realm where Keycloak's provider makes it: in the order in which they are applied. */
export type Stacks = readonly [platform: TerraformOptions, ...identity: TerraformOptions[]];

/** A platform whose changes are known. */
type PlannedStacks = readonly [
  platform: TerraformOptions & { changes: number },
  ...identity: TerraformOptions[],
];

/**
 * Sets the machine up and writes the Terraform JSON; what is left is to initialize and run Terraform there.
 */
export async function prepare(
  deployment: Deployment,
  { progress }: Output,
  { engine, allowLoss = [] }: { engine?: Engine; allowLoss?: readonly string[] } = {},
): Promise<Stacks> {
  const { environment } = deployment;
  deployment.secrets.refuseMissing();
  for (const sentence of namesElsewhere(environment.platform)) progress.note(sentence);
  await checkProviders(deployment);
  await proveAdministrator(deployment);
  const images = imagesIn(imagesOf(environment), environment.platform.services);
  const { terraform, env, keycloakProvider } = await prepareMachine({
    images,
    progress,
    keycloakProvider: environment.platform.identity === "provider",
    ...(engine && { engine }),
  });
  if (keycloakProvider) requireWriteOnly(terraform);
  await checkLdif(deployment, imagesOf(environment).ldap, progress);
  const outdir = join(deployment.directory, "cdktf.out");
  const { variables } = synthesize(deployment, { outdir, lacks: keycloakProvider?.lacks ?? [], allowLoss });
  const stack = (name: string) => ({ binary: terraform.binary, directory: join(outdir, "stacks", name) });
  const platform = { ...stack("platform"), env };
  if (!keycloakProvider) return [platform];
  const identity = { ...stack("identity"), env: { ...env, ...variableEnvironment(variables) } };
  // Brute-force protection takes several logins at once for guesses; the kit's own Keycloak is told to let them pass.
  const oneByOne = !environment.platform.services.keycloak.managed;
  return [platform, { ...identity, oneByOne }];
}

/** Ephemeral variables and write-only attributes keep secrets out of the state: both products have them from 1.11 on. */
function requireWriteOnly({ product, version, binary }: Terraform): void {
  if (isAtLeast(version, "1.11.0")) return;
  throw new KitError(
    `${product} is too old for identity: provider`,
    [
      {
        where: binary,
        what: "it would keep the realm's secrets in its state",
        got: version,
        allowed: "1.11.0 or newer",
        fix: "Name a newer one by TERRAFORM_BINARY_NAME, or let Keycloak import its realm (identity: import)",
      },
    ],
    { exitCode: ExitCode.machine },
  );
}

/** @returns how many resources were changed, with those before */
async function deploy(
  deployment: Deployment,
  [platform, identity]: PlannedStacks,
  { lost, openMaster, changed: before }: { lost: readonly Loss[]; openMaster: boolean; changed: number },
  output: Output,
): Promise<number> {
  const { environment } = deployment;
  const { progress } = output;
  const { name } = environment;
  const realms = environment.platform.realms.flatMap((realm) =>
    realm.provision === "nothing" ? [] : [realm.name],
  );
  let changed = before;
  if (platform.changes > 0) {
    changed += await applyStack(deployment, platform, `deploy environment ${name}`, output, {
      planned: true,
    });
  }
  await untilHealthy(deployment, progress);
  // With `identity: import` there is no state of the provider to keep: an import has replaced its realm.
  if (!identity) rmSync(deployment.identityStateFile, { force: true });
  if (environment.platform.services.keycloak.managed && (identity || changed > 0 || openMaster)) {
    await progress.step("wait for Keycloak", () => keycloakAnswers(deployment));
    await protectMaster(deployment);
  }
  if (identity) {
    await refuseStaleSecrets(deployment);
    await giveUpRealms(deployment, lost);
    const what = environment.platform.services.keycloak.managed ? "realm" : "clients in realm";
    const title = `deploy ${what}${realms.length > 1 ? "s" : ""} ${realms.join(", ")}`;
    changed += await applyStack(deployment, identity, title, output);
    keepUnfinished(deployment, []);
  }
  await logOutChanged(deployment, progress);
  return changed;
}

/** Waits until Keycloak answers at the address that its provider uses: a healthy container only proves that it answers inside. */
async function keycloakAnswers({ environment }: Deployment): Promise<void> {
  const url = `${keycloakAddress(environment)}/realms/master/.well-known/openid-configuration`;
  const end = performance.now() + environment.startTimeoutSeconds * 1000;
  const ask = () =>
    fetch(url, { signal: AbortSignal.timeout(5000) }).then(
      ({ status }) => status,
      (error: Error) => (error.cause as { code?: string } | undefined)?.code ?? error.message,
    );
  for (;;) {
    const found = await withoutLostAnswers(ask);
    if (found === 200) return;
    if (performance.now() > end) {
      throw new KitError(
        "Keycloak does not answer",
        [{ where: url, what: "its realm cannot be made", got: found, allowed: [200] }],
        { exitCode: ExitCode.deployment },
      );
    }
    await setTimeout(250);
  }
}

/** @returns how many resources were changed */
export async function applyStack(
  deployment: Deployment,
  terraform: TerraformOptions,
  title: string,
  { progress }: Output,
  { planned = false } = {},
): Promise<number> {
  const names = resourceNames(stackFile(terraform));
  const waiting = new Set<string>();
  let changed = 0;
  const work = (detail: (text: string) => void) =>
    watchingCrashes(deployment.environment.name, async (signal, crashing) => {
      try {
        const onEvent = ({ kind, address, action, seconds }: ResourceEvent) => {
          const name = names.get(address) ?? address;
          if (kind === "start") waiting.add(name);
          if (kind === "complete" || kind === "errored") waiting.delete(name);
          if (kind === "complete" && action !== "read") changed += 1;
          if (kind === "complete" && address.startsWith("docker_container.") && action === "create") {
            progress.done(name, `healthy after ${formatSeconds(seconds)}`);
          }
          if (waiting.size > 0) detail(`waits for ${[...waiting].join(", ")}`);
        };
        await apply(terraform, onEvent, { planned, signal });
      } catch (error) {
        if (!(error instanceof KitError)) throw error;
        const problems = await explained(deployment, error.problems, crashing);
        throw new KitError(error.summary, problems, { exitCode: ExitCode.deployment, cause: error });
      } finally {
        forgetPlan(terraform);
      }
    });
  await progress.step(title, work);
  return changed;
}
