/** Environment files and the store of secrets, as the commands use them. */
export { type Environment, environmentNames, loadEnvironment } from "../config/environment";
export { type Outputs, outputsOf } from "../config/outputs";
export { SecretStore } from "../config/secrets";
export type { Settings } from "../config/settings";
