import type { PlatformModel } from "../model/platform-model";
import { capacityRules } from "./capacity-rules";
import { clientRules } from "./client-rules";
import { externalRules } from "./external-service-rules";
import { gatewayRules } from "./gateway-rules";
import { jamesRules } from "./james-rules";
import { memoryRules } from "./memory-rules";
import { nameRules } from "./name-rules";
import { realmRules } from "./realm-rules";
import type { Path, PlatformProblem } from "./rule";
import { storageRules } from "./storage-rules";
import { tlsRules } from "./tls-rules";

const platformRules = [
  ...nameRules,
  ...gatewayRules,
  ...realmRules,
  ...externalRules,
  ...clientRules,
  ...memoryRules,
  ...capacityRules,
  ...tlsRules,
  ...storageRules,
  ...jamesRules,
];

/**
 * Everything wrong with a platform, at once.
 *
 * @param say what whoever wrote the platform calls a place. Default: `realms.0.ports.imap`
 */
export function platformProblems(
  model: PlatformModel,
  say: (path: Path) => string = (path) => path.join("."),
): PlatformProblem[] {
  return platformRules.flatMap((rule) => rule(model, say));
}
