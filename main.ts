import { environmentName, openDeployment } from "./cli/deployment";
import { synthesize } from "./cli/synthesize";

// What `cdktf synth`, `cdktf diff` and `cdktf deploy` run.
synthesize(openDeployment(environmentName()));
