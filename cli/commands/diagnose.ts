import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { engineName, environmentFile, loadEnvironment } from "../../config/environment";
import { docker } from "../../kit/docker";
import { KitError } from "../../kit/errors";
import { makeFolder, withFiles, writePrivate } from "../../kit/file-system";
import { Redactor } from "../../kit/redactor";
import { environmentDirectory } from "../../operations/deployment/deployment";
import { diagnosisArchive, type Piece } from "../../operations/diagnosis/archive";
import { enginePieces } from "../../operations/diagnosis/pieces";
import { knownSecrets } from "../../operations/logs/known-secrets";
import { silentProgress } from "../../setup/progress/progress";
import type { Output } from "../output/output";
import { doctor } from "./doctor";
import { plan } from "./plan";
import { status } from "./status";

export interface DiagnoseOptions {
  /** Folder where the archive is written; it is made. */
  readonly out: string;
}

/**
 * Writes what can be told of an environment, whatever state it is in, into one archive without its secrets.
 *
 * @throws KitError where nobody knows of the environment, its secrets cannot be read, or the archive cannot be written
 */
export async function diagnose(file: string, { out }: DiagnoseOptions, output: Output): Promise<void> {
  const { progress } = output;
  const name = engineName(file, { env: process.env });
  const load = () => loadEnvironment(file, { env: process.env });
  // One that was never there is a mistyped name.
  if (!existsSync(environmentFile(file)) && !existsSync(environmentDirectory(name))) load();
  const now = new Date();
  const archive = join(resolve(out), `${name}-${now.toISOString().replace(/[-:]|\.\d+/g, "")}.tar.gz`);
  withFiles(() => makeFolder(out, 0o700));
  const { bytes, missing, found } = await progress.step(`diagnose environment ${name}`, async () => {
    const pieces = [...(await enginePieces(name, load)), ...commandPieces(file, name)];
    const redactor = () => new Redactor(knownSecrets(name, load));
    return diagnosisArchive(`diagnosis-${name}`, pieces, redactor, now);
  });
  writePrivate(archive, bytes);
  output.result(
    { command: "diagnose", environment: name, archive, missing, replaced: found },
    [
      archive,
      ...missing.map(({ file: piece, why }) => `without ${piece}: ${why}`),
      ...found.map(({ file: piece, secrets }) => `*** in ${piece} instead of secret ${secrets.join(", ")}`),
    ].join("\n"),
  );
}

/** What other commands say, one after the other. */
function commandPieces(file: string, name: string): Piece[] {
  const prepared = join(environmentDirectory(name), "cdktf.out/stacks/platform/.terraform/kit-stamp");
  return [
    { file: "status.json", read: () => told((output) => status(file, output)) },
    { file: "doctor.json", read: () => told((output) => doctor(file, output)) },
    {
      file: "plan.json",
      read: async () => {
        // It would set the machine up, which is nothing that a diagnosis should do.
        await docker(["version"]);
        if (!existsSync(prepared)) throw new KitError("no `up` has come to its plan here");
        return told((output) => plan(file, {}, output));
      },
    },
  ];
}

/** The results of a command, and how it failed. @throws what it failed by, where there is no result */
async function told(run: (output: Output) => Promise<void>): Promise<object> {
  const results: object[] = [];
  const output: Output = { progress: silentProgress(), result: (data) => results.push(data) };
  try {
    await run(output);
  } catch (error) {
    if (!(error instanceof KitError) || results.length === 0) throw error;
    return { results, ...error.toJSON() };
  }
  return { results };
}
