import { tellPlainly, toTheEnd } from "./cli/to-the-end";
import { environmentName, useName } from "./operations/deployment/current-environment";
import { withDeployment } from "./operations/deployment/deployment";
import { lacksVariable, synthesize } from "./operations/deployment/synthesize";
import { proveAdministrator } from "./operations/keycloak/admin-password";
import { refuseClientsInTheWay } from "./operations/keycloak/clients-in-the-way";
import { allowLossVariable, realmsLost, refuseLoss, refuseWithoutUp } from "./operations/losses/refuse-loss";
import { mailOfReplacedJames } from "./operations/plan/examination";
import { refuseOtherState } from "./setup/terraform/terraform-environment";

const listed = (variable: string) => process.env[variable]?.split(",").filter(Boolean) ?? [];

/** What `cdktf synth`, `cdktf diff` and `cdktf deploy` run; `james-oidc-kit env` prints the variables. */
async function main(): Promise<void> {
  refuseOtherState(process.env);
  useName();
  await withDeployment(environmentName(), async (deployment) => {
    await proveAdministrator(deployment);
    const allowLoss = listed(allowLossVariable);
    const { stackFiles } = synthesize(deployment, { lacks: listed(lacksVariable), allowLoss });
    await refuseClientsInTheWay(deployment);
    const realms = await realmsLost(deployment);
    const mail = await mailOfReplacedJames(deployment, stackFiles[0] as string);
    await refuseLoss(deployment, [...realms, ...mail], allowLoss);
    refuseWithoutUp(deployment, realms);
  });
}

void toTheEnd(main(), tellPlainly);
