import { join } from "node:path";
import { RunError, run } from "../../../kit/run";
import { ensureGo } from "../../../setup/go/go";
import { goBuild } from "../../../setup/go/go-build";
import { cached } from "../../../setup/host/cache";
import { silentProgress } from "../../../setup/progress/progress";

const RELEASE = "1.7.12";
const MODULE = "github.com/rhysd/actionlint";

/** What actionlint says of workflows, in the repository that `folder` is; empty where all is right. It is built once. */
export async function actionlint(folder: string, workflows: readonly string[]): Promise<string> {
  const go = await ensureGo(silentProgress());
  const program = {
    goMod: `module kit/actionlint\n\ngo 1.25.0\n\nrequire ${MODULE} v${RELEASE}\n`,
    mainPackage: `${MODULE}/cmd/actionlint`,
    output: "actionlint",
  };
  const built = await cached(`actionlint-${RELEASE}`, (target) => goBuild(go, program, target, () => {}));
  // No other program is asked, whether this machine has it or not.
  const alone = ["-shellcheck=", "-pyflakes="];
  try {
    const { stdout } = await run(join(built, "actionlint"), ["-no-color", ...alone, ...workflows], {
      cwd: folder,
    });
    return stdout;
  } catch (error) {
    if (error instanceof RunError && error.exitCode === 1) return error.tail.join("\n");
    throw error;
  }
}
