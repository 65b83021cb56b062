import { environmentName, openDeployment } from "./cli/deployment";
import { lacksVariable, synthesize } from "./cli/synthesize";

// What `cdktf synth`, `cdktf diff` and `cdktf deploy` run; `james-oidc-kit env` prints the variable.
synthesize(openDeployment(environmentName()), {
  lacks: process.env[lacksVariable]?.split(",").filter(Boolean) ?? [],
});
