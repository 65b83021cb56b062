import { Command, type CommanderError, InvalidArgumentError, Option } from "commander";
import { ExitCode, exitCodeMeanings, KitError } from "../kit/errors";
import { kitRelease } from "../kit/package-root";
import { environmentName, namedEnvironment, useName } from "../operations/deployment/current-environment";
import { logLevels } from "../operations/logs/log-line";
import type { ClientFiles } from "./commands/client";
import type { DiagnoseOptions } from "./commands/diagnose";
import type { DownOptions } from "./commands/down";
import type { GatewayCheckOptions } from "./commands/gateway";
import type { LogsOptions } from "./commands/logs";
import type { PruneOptions } from "./commands/prune";
import type { RealmAdoptOptions } from "./commands/realm";
import type { RestoreOptions } from "./commands/restore";
import { DriftExit } from "./output/drift-exit";
import { createOutput, type Output } from "./output/output";
import { tellPlainly, toTheEnd, withoutBlame } from "./to-the-end";

interface GlobalOptions {
  readonly env?: string;
  readonly name?: string;
  readonly json?: boolean;
}

const exitCodes = Object.entries(exitCodeMeanings).map(
  ([name, meaning]) => `  ${String(ExitCode[name as keyof typeof ExitCode]).padEnd(4)} ${meaning}`,
);

const driftExitCodes = `\nExit codes of drift: ${Object.entries(DriftExit)
  .map(([name, code]) => `${code} ${name}`)
  .join(", ")}`;

/** Of the whole command line, since there may be no command that could be parsed. */
const wantsJson = () => process.argv.includes("--json");

const emit = (event: object) => process.stdout.write(`${JSON.stringify(event)}\n`);

/** What the parser itself says, as all else. Anything but `--help` and `--version` is a wrong command line. */
function parserEnds({ code, exitCode, message }: CommanderError): never {
  if (exitCode === 0) process.exit(ExitCode.ok);
  if (wantsJson()) {
    const what = code === "commander.help" ? "no command is given" : message.replace(/^error: /, "");
    reportAsJson(new KitError("wrong usage", [{ what, fix: "--help tells what there is" }]));
  }
  process.exit(ExitCode.badInput);
}

export const program = new Command("james-oidc-kit")
  .description("Apache James with OIDC single sign-on: Keycloak, OpenLDAP, Redis and a gateway, by Terraform")
  .version(kitRelease)
  .option(
    "-e, --env <name>",
    "environment: a file of environments/, without .yaml, or the path of one (also KIT_ENV)",
  )
  .option("--name <name>", "one of several from the same file, by its name on the engine (also KIT_NAME)")
  .option("--json", "one JSON object a line, for programs")
  .addHelpText("after", `\nExit codes:\n${exitCodes.join("\n")}`)
  .configureOutput({
    writeOut: (text) =>
      wantsJson() ? emit({ event: "result", text: text.trimEnd() }) : process.stdout.write(text),
    writeErr: (text) => wantsJson() || process.stderr.write(text),
  })
  .exitOverride(parserEnds);

/** Runs a command with the environment it means; what goes wrong becomes a message and an exit code. */
function command<Options, Name>(
  chooseName: (option?: string) => Name,
  run: (name: Name, options: Options, output: Output) => Promise<void> | void,
  { forShell = false } = {},
) {
  return async (...args: unknown[]) => {
    const self = args.at(-1) as Command;
    const { env, name, json = false } = self.optsWithGlobals<GlobalOptions>();
    const output = createOutput({ json, forShell });
    const work = async () => {
      useName(name);
      return run(chooseName(env), self.opts() as Options, output);
    };
    await toTheEnd(work(), json ? reportAsJson : tellPlainly);
  };
}

/** A command about one thing, which its argument names. */
function withArgument<Argument extends string | readonly string[] | undefined, Options, Name>(
  chooseName: (option?: string) => Name,
  run: (name: Name, argument: Argument, options: Options, output: Output) => Promise<void> | void,
) {
  return (argument: Argument, ...rest: unknown[]) =>
    command<Options, Name>(chooseName, (name, options, output) => run(name, argument, options, output))(
      ...rest,
    );
}

/** A function of a module that is loaded when it is called: Keycloak's bindings alone take a command a tenth of a second. */
const lazy =
  <Module extends { [name in Name]: (...args: never[]) => Promise<void> | void }, Name extends string>(
    load: () => Promise<Module>,
    name: Name,
  ) =>
  async (...args: Parameters<Module[Name]>): Promise<void> =>
    (await load())[name](...(args as never[]));

const backupCreate = lazy(() => import("./commands/backup.js"), "backupCreate");
const backupList = lazy(() => import("./commands/backup.js"), "backupList");
const backupPrune = lazy(() => import("./commands/backup.js"), "backupPrune");
const backupSchedule = lazy(() => import("./commands/backup-schedule.js"), "backupSchedule");
const backupVerify = lazy(() => import("./commands/backup.js"), "backupVerify");
const cacheKey = lazy(() => import("./commands/cache.js"), "cacheKey");
const cacheLoad = lazy(() => import("./commands/cache.js"), "cacheLoad");
const cacheSave = lazy(() => import("./commands/cache.js"), "cacheSave");
const caShow = lazy(() => import("./commands/ca.js"), "caShow");
const clientList = lazy(() => import("./commands/client.js"), "clientList");
const clientShow = lazy(() => import("./commands/client.js"), "clientShow");
const compose = lazy(() => import("./commands/compose.js"), "compose");
const diagnose = lazy(() => import("./commands/diagnose.js"), "diagnose");
const doctor = lazy(() => import("./commands/doctor.js"), "doctor");
const down = lazy(() => import("./commands/down.js"), "down");
const drift = lazy(() => import("./commands/drift.js"), "drift");
const env = lazy(() => import("./commands/env.js"), "env");
const gatewayCheck = lazy(() => import("./commands/gateway.js"), "gatewayCheck");
const gatewayRender = lazy(() => import("./commands/gateway.js"), "gatewayRender");
const list = lazy(() => import("./commands/list.js"), "list");
const logs = lazy(() => import("./commands/logs.js"), "logs");
const outputs = lazy(() => import("./commands/outputs.js"), "outputs");
const plan = lazy(() => import("./commands/plan.js"), "plan");
const prune = lazy(() => import("./commands/prune.js"), "prune");
const realmAdopt = lazy(() => import("./commands/realm.js"), "realmAdopt");
const restore = lazy(() => import("./commands/restore.js"), "restore");
const secretsRotate = lazy(() => import("./commands/secrets.js"), "secretsRotate");
const secretsShow = lazy(() => import("./commands/secrets.js"), "secretsShow");
const smoke = lazy(() => import("./commands/smoke.js"), "smoke");
const status = lazy(() => import("./commands/status.js"), "status");
const upgrade = lazy(() => import("./commands/upgrade.js"), "upgrade");
const upgradeBack = lazy(() => import("./commands/upgrade-back.js"), "upgradeBack");
const upgradePlan = lazy(() => import("./commands/upgrade.js"), "upgradePlan");
const up = lazy(() => import("./commands/up.js"), "up");

/** For commands that are about no environment. */
const noName = () => undefined;

/** The same of all commands by which people could lose something. */
const allowLoss = () =>
  new Option(
    "--allow-loss <what>",
    "let go what would be lost: mail, or a realm by its name with its users and sessions; again for another one",
  ).argParser(another);

/** Collects the values of an option that may be given again. */
function another(value: string, others: readonly string[] = []): readonly string[] {
  return [...others, value];
}

const folderOption = () =>
  new Option(
    "--folder <directory>",
    "of backups, or s3://bucket/prefix; backup.folder of the environment by default",
  );

const recipientOption = () =>
  new Option(
    "--recipient <age1…>",
    "who can read it, by age; again for another one; backup.recipients of the environment by default",
  ).argParser(another);

const allowMailLoss = () =>
  new Option("--allow-loss <what>", "mail: let go what James has in its memory").argParser(another);

const identityOption = () =>
  new Option(
    "--identity <file>",
    "the identity of a recipient, as age-keygen writes it",
  ).makeOptionMandatory();

const labelOption = (what: string) =>
  new Option("--label <key=value>", `${what}; again for another one`).argParser(
    (text: string, others: Readonly<Record<string, string>> = {}) => {
      const [, key, value] = /^([A-Za-z0-9][\w./-]*)=([^\p{Cc}]*)$/u.exec(text) ?? [];
      if (key === undefined || value === undefined)
        throw new InvalidArgumentError("key=value, as branch=main");
      return { ...others, [key]: value };
    },
  );

const junitOption = () => new Option("--junit <file>", "write a report there, in JUnit's form");

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("a whole number from 1 on");
}

function timeOfDay(text: string): string {
  if (/^([01]\d|2[0-3]):[0-5]\d$/.test(text)) return text;
  throw new InvalidArgumentError("hours and minutes, as 03:00");
}

/** Milliseconds. */
function timeSpan(text: string): number {
  const [, amount, unit] = /^(\d{1,5})([hdw])$/.exec(text) ?? [];
  if (amount === undefined) throw new InvalidArgumentError("hours, days or weeks, as 12h, 30d or 4w");
  return Number(amount) * ({ h: 1, d: 24, w: 168 }[unit as "h" | "d" | "w"] ?? 0) * 3_600_000;
}

/** Milliseconds since 1970. */
function moment(text: string): number {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const at =
    amount === undefined
      ? Date.parse(/^\d{4}-\d\d-\d\dT/.test(text) ? text : "")
      : Date.now() - Number(amount) * ({ s: 1, m: 60, h: 3600, d: 86_400 }[unit as "s"] ?? 0) * 1000;
  if (Number.isNaN(at) || at < 0) {
    throw new InvalidArgumentError(
      "seconds, minutes, hours or days ago, as 10m, or a time, as 2026-12-01T16:40:00Z",
    );
  }
  return at;
}

function reportAsJson(thrown: unknown): void {
  const error = withoutBlame(thrown);
  const known = error instanceof KitError;
  process.exitCode = known ? error.exitCode : ExitCode.unexpected;
  const data = known ? error.toJSON() : { error: String(error), exitCode: ExitCode.unexpected, problems: [] };
  emit({ event: "error", ...data });
}

program
  .command("up")
  .description("bring an environment up, or up to date, and smoke-test it")
  .option("--no-smoke", "leave the smoke test out")
  .addOption(
    new Option(
      "--ports <how>",
      "auto: free ports, chosen once; with --name, whose host names follow",
    ).choices(["auto"]),
  )
  .addOption(junitOption())
  .addOption(labelOption("what `list` and `prune` find it by"))
  .option("--ttl <time>", "how long it is wanted: `prune` removes it then, as 8h, 30d or 4w", timeSpan)
  .addOption(allowLoss())
  .action(command(namedEnvironment, up));
program
  .command("list")
  .description("list all environments of the engine")
  .action(command(noName, (_, __, output) => list(output)));
program
  .command("prune")
  .description("remove those whose --ttl is over; none that keeps what people have")
  .option("--older-than <time>", "those of --name without --ttl, too, when older than that, as 8h", timeSpan)
  .addOption(labelOption("only those that have it"))
  .option("--dry-run", "only say which")
  .action(command(noName, (_, options: PruneOptions, output) => prune(options, output)));
program
  .command("down")
  .description("remove an environment; of a durable one what people have is kept")
  .option("--keep-data", "keep volumes and secrets of one in memory, too, for the next up", false)
  .option("--delete-data [name]", "remove what people have, too, for good, of the environment of this name")
  .addOption(allowLoss())
  .action(
    command(environmentName, (name, options: DownOptions, output) =>
      down(name, { ...options, json: wantsJson() }, output),
    ),
  );
program
  .command("plan")
  .description("show what up would change")
  .addOption(allowLoss())
  .action(command(environmentName, plan, { forShell: true }));
const upgrades = program
  .command("upgrade")
  .description("bring a durable environment to other releases or settings, with a way back");
upgrades
  .command("run", { isDefault: true })
  .description("make a backup, change one service after the other, smoke-test, and go back when that fails")
  .addOption(folderOption())
  .addOption(recipientOption())
  .option("--no-backup", "make none before")
  .addOption(allowMailLoss())
  .action(command(environmentName, upgrade));
upgrades
  .command("plan")
  .description("show what would be changed, in which order, and what the releases demand")
  .addOption(allowMailLoss())
  .action(command(environmentName, upgradePlan));
upgrades
  .command("back")
  .description("go back to what ran before an upgrade that was ended half-way")
  .action(command(environmentName, (name, _, output) => upgradeBack(name, output)));
program
  .command("status")
  .description("show the containers")
  .action(command(environmentName, (name, _, output) => status(name, output)));
program
  .command("logs [services...]")
  .description("tell what the services have written, in the order of time, without secrets")
  .option("--since <when>", "only what is younger: 10m, 2h, or a time, as 2026-12-01T16:40:00Z", moment)
  .option("--follow", "go on with what they write from now on")
  .addOption(
    new Option("--level <level>", "only from this level on, and lines that say none").choices(logLevels),
  )
  .action(
    withArgument(environmentName, (name, services: string[], options: LogsOptions, output) =>
      logs(name, services, options, output),
    ),
  );
program
  .command("diagnose")
  .description("write logs, plan, health, versions and settings into one archive, without secrets")
  .requiredOption("--out <directory>", "where to write it; it is made")
  .action(
    command(environmentName, (name, options: DiagnoseOptions, output) => diagnose(name, options, output)),
  );
program
  .command("outputs")
  .description("tell where it is found: issuer, JMAP, mail servers, clients; as variables, or by --json")
  .option("--dotenv", "quoted, for .env files and shells")
  .option("--github", "for the file of $GITHUB_OUTPUT or $GITHUB_ENV")
  .option("--gitlab", "for a report dotenv of a job")
  .option("--secrets", "with the values of secrets, which are else in the file that it names")
  .action(command(environmentName, outputs, { forShell: true }));
program
  .command("smoke")
  .description("use the platform as its clients do: single sign-on, mail, single logout")
  .option(
    "--public",
    "by the public names, as they resolve, instead of the ports that this machine publishes",
  )
  .addOption(junitOption())
  .action(command(environmentName, smoke));
program
  .command("doctor")
  .description(
    "look at names, ports, certificates and clocks, as people's programs find them from this machine",
  )
  .action(command(environmentName, (name, _, output) => doctor(name, output)));
program
  .command("env")
  .description('print the variables that cdktf and Terraform need here: eval "$(scripts/kit env)"')
  .action(command(environmentName, (name, _, output) => env(name, output), { forShell: true }));
const backup = program.command("backup").description("copies of what people have in a durable environment");
backup
  .command("create")
  .description("write one, while it runs, that only its recipients can read")
  .addOption(folderOption())
  .addOption(recipientOption())
  .action(command(environmentName, backupCreate));
backup
  .command("list")
  .description("list those of the environment, newest first")
  .addOption(folderOption())
  .action(command(environmentName, backupList));
backup
  .command("verify <file>")
  .description("read one from its beginning to its end, and say what is in it")
  .addOption(identityOption())
  .action(
    withArgument(environmentName, (name, file: string, options: { identity: string }, output) =>
      backupVerify(name, file, options, output),
    ),
  );
backup
  .command("prune")
  .description("remove all but the newest; the last one stays")
  .addOption(folderOption())
  .option("--keep <number>", "keep so many of the newest", wholeNumber)
  .option("--older-than <time>", "remove those older than that, as 30d, 12h or 4w", timeSpan)
  .action(command(environmentName, backupPrune));
backup
  .command("schedule")
  .description("print units by which systemd makes one each day, or install them")
  .option("--daily <time>", "when, of this machine, as 03:00", timeOfDay)
  .addOption(folderOption())
  .addOption(recipientOption())
  .option("--keep <number>", "keep so many of the newest; all by default", wholeNumber)
  .option("--install", "give them to systemd; `doctor` then tells when a backup is overdue")
  .option("--remove", "take them from systemd")
  .action(command(environmentName, backupSchedule));
program
  .command("restore <file>")
  .description("bring an environment up with what is in a backup, and smoke-test it")
  .addOption(identityOption())
  .option(
    "--delete-data [name]",
    "in place of what people have in the environment of this name, which is removed",
  )
  .option("--no-smoke", "leave the smoke test out")
  .action(
    withArgument(environmentName, (name, file: string, options: RestoreOptions, output) =>
      restore(name, file, { ...options, json: wantsJson() }, output),
    ),
  );
program
  .command("compose")
  .description(
    "write the platform as a Compose file, and its secrets beside it, for docker compose up --wait",
  )
  .requiredOption("--out <directory>", "where to write: a new folder, an empty one, or one it has written")
  .action(command(environmentName, compose));
program
  .command("ca")
  .description("the environment's own authority for certificates")
  .command("show")
  .description("print its certificate, for those who are to trust it")
  .action(command(environmentName, (name, _, output) => caShow(name, output), { forShell: true }));
const cache = program
  .command("cache")
  .description(
    "what a machine needs for an environment, kept by pipelines: images that are built, Terraform, providers",
  );
cache
  .command("key")
  .description("print a name for it, of the hashes of what it is made from")
  .action(command(environmentName, (name, _, output) => cacheKey(name, output), { forShell: true }));
cache
  .command("save <folder>")
  .description("write it into a folder, unless it is there")
  .action(
    withArgument(environmentName, (name, folder: string, _, output) => cacheSave(name, folder, output)),
  );
cache
  .command("load <folder>")
  .description("take from there what the machine lacks")
  .action(
    withArgument(environmentName, (name, folder: string, _, output) => cacheLoad(name, folder, output)),
  );
const secrets = program.command("secrets").description("secrets of an environment");
secrets
  .command("show [secret]")
  .description("print them, or one")
  .action(
    withArgument(environmentName, (name, secret: string | undefined, _, output) =>
      secretsShow(name, secret, output),
    ),
  );
secrets
  .command("rotate <secret>")
  .description("give one a new value; up brings it to the services that use it")
  .action(
    withArgument(environmentName, (name, secret: string, _, output) => secretsRotate(name, secret, output)),
  );

const client = program.command("client").description("clients of the realm, without anything running");
client
  .command("list")
  .description("list them")
  .option("--realm <name>", "of this realm only")
  .action(
    command(environmentName, (name, { realm }: { realm?: string }, output) =>
      clientList(name, realm, output),
    ),
  );
client
  .command("show <client>")
  .option("--realm <name>", "where several realms have it")
  .option("--addon <file>", "write an add-on for Thunderbird there, *.xpi, which holds the client's secret")
  .option(
    "--representation <file>",
    "write it there as Keycloak's console imports it, *.json, without the secret",
  )
  .description("print what whoever configures a client must know: endpoints, scopes, where its secret is")
  .action(
    withArgument(
      environmentName,
      (name, clientId: string, { realm, ...files }: ClientFiles & { realm?: string }, output) =>
        clientShow(name, clientId, realm, output, files),
    ),
  );

program
  .command("drift")
  .description("compare the running realm with what the environment wants")
  .addHelpText("after", driftExitCodes)
  .action(command(environmentName, (name, _, output) => drift(name, output)));

program
  .command("realm")
  .description("realms that others made")
  .command("adopt <source>")
  .description("write a typed stack from a realm export, or from the URL of a realm of a running Keycloak")
  .option("--realm <name>", "the realm's name, where the export has none or several")
  .option("--out <directory>", "where to write; realm-<name> by default")
  .action(
    withArgument(noName, (_, source: string, options: RealmAdoptOptions, output) =>
      realmAdopt(source, options, output),
    ),
  );

const gateway = program
  .command("gateway")
  .description("the gateway's configuration, without anything running");
gateway
  .command("render")
  .description("print the files of an environment's gateway, or write them; placeholders stand for secrets")
  .addOption(new Option("--gateway <kind>", "of another gateway").choices(["apisix", "httpd"]))
  .option("--out <directory>", "write them below this folder")
  .action(command(environmentName, gatewayRender));
gateway
  .command("check <file>")
  .description("look for mistakes in any apisix.yaml; - reads standard input")
  .option("--apisix <version>", "release of APISIX that reads it", "3.18.0")
  .option("--variables-from-environment", "tell of ${{VARIABLES}} that are not set here")
  .option("--plugin <names...>", "plugins of your own that it may use")
  .action(
    withArgument(noName, (_, file: string, options: GatewayCheckOptions, output) =>
      gatewayCheck(file, options, output),
    ),
  );
