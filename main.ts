import { proveAdminPassword } from "./cli/admin-password";
import { environmentName } from "./cli/current-environment";
import { openDeployment } from "./cli/deployment";
import { allowLossVariable, refuseLoss, refuseWithoutUp } from "./cli/refuse-loss";
import { lacksVariable, synthesize } from "./cli/synthesize";
import { tellPlainly, toTheEnd } from "./cli/to-the-end";
import { refuseOtherState } from "./setup/terraform-environment";

const listed = (variable: string) => process.env[variable]?.split(",").filter(Boolean) ?? [];

/** What `cdktf synth`, `cdktf diff` and `cdktf deploy` run; `james-oidc-kit env` prints the variables. */
async function main(): Promise<void> {
  refuseOtherState(process.env);
  const deployment = openDeployment(environmentName());
  await proveAdminPassword(deployment);
  const allowLoss = listed(allowLossVariable);
  const { stackFiles } = synthesize(deployment, { lacks: listed(lacksVariable), allowLoss });
  refuseWithoutUp(deployment, await refuseLoss(deployment, stackFiles, allowLoss));
}

void toTheEnd(main(), tellPlainly);
