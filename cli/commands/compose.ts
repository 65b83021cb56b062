import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { composeHeader } from "../../constructs/engine/compose/compose-engine";
import { KitError } from "../../kit/errors";
import { withFiles } from "../../kit/file-system";
import { readText } from "../../kit/read-text";
import { topLevelText } from "../../kit/yaml";
import { withDeployment } from "../../operations/deployment/deployment";
import { imagesIn } from "../../platform/image-set";
import { composeProject } from "../../stacks/compose-project";
import { imagesOf } from "../../stacks/environment-platform";
import { kitCommand } from "../output/kit-command";
import type { Output } from "../output/output";
import { writeFiles } from "../output/write-files";

export interface ComposeOptions {
  /** Folder to write into. */
  readonly out: string;
}

/**
 * Writes an environment as a Compose project.
 *
 * @throws KitError for a folder with something else in it; for everything wrong in the environment file
 */
export async function compose(name: string, { out }: ComposeOptions, output: Output): Promise<void> {
  await withDeployment(name, async ({ environment, secrets }) => {
    const folder = resolve(out);
    refuseOthersFolder(folder, out, environment.name);
    const files = composeProject(environment, secrets).map(({ name, content, secret }) => ({
      path: name,
      content,
      mode: secret ? 0o600 : 0o644,
    }));
    const there = writeFiles(folder, files, "Compose's");
    const written = files.map(({ path }) => ({ file: join(folder, path), overwritten: there.has(path) }));
    const built = Object.values(imagesIn(imagesOf(environment), environment.platform.services)).some(
      ({ folder }) => folder !== undefined,
    );
    output.result(
      { command: "compose", environment: environment.name, written },
      [
        ...written.map(({ file, overwritten }) => `${overwritten ? "overwritten" : "written"} ${file}`),
        ...(environment.platform.identity === "provider"
          ? [
              environment.platform.services.keycloak.managed
                ? "Keycloak imports its realms at start: Compose has no Terraform to apply them"
                : "the clients are not made in Keycloak: Compose has no Terraform; `client show` tells what they are to be",
            ]
          : []),
        ...(built
          ? [`what the engine lacks of the kit's images is built by: ${kitCommand(name, "plan")}`]
          : []),
        `bring it up: docker compose --file ${written[0]?.file} up --wait`,
      ].join("\n"),
    );
  });
}

/** What this command has written of the environment may be written again, with what people have put beside it. */
function refuseOthersFolder(folder: string, shown: string, environment: string): void {
  if (!existsSync(folder)) return;
  const file = join(folder, "compose.yaml");
  const written = existsSync(file) ? readText(file, file) : "";
  if (written.startsWith(composeHeader)) {
    const name = topLevelText(written, "name");
    if (name === environment) return;
    throw new KitError("the Compose project cannot be written", [
      {
        where: shown,
        what: "it is another environment's, whose secrets would be lost",
        got: name,
        allowed: environment,
        fix: "Choose another folder by --out",
      },
    ]);
  }
  if (!statSync(folder).isDirectory()) {
    throw new KitError("the Compose project cannot be written", [
      { where: shown, what: "it is a file", fix: "Choose a new or an empty folder by --out" },
    ]);
  }
  const found = withFiles(() => readdirSync(folder));
  if (found.length === 0) return;
  throw new KitError("the Compose project cannot be written", [
    {
      where: shown,
      what: "the folder has files of somebody else",
      got: found.slice(0, 5),
      fix: "Choose a new or an empty folder by --out",
    },
  ]);
}
