import { ensureEngine } from "../../setup/engine/engine";
import type { PartOptions, Report } from "../report/report";
import { measureAdoption } from "./adoption";
import { measureClientChange } from "./client-change";
import { identityTables, identityTargets } from "./identity-targets";
import { measureSynthesis } from "./synthesis";

/** How long realms take to Terraform and back, and a change to one client to a running Keycloak. */
export async function benchIdentity({ progress, runs }: PartOptions): Promise<Report> {
  await ensureEngine(progress);
  const samples = {
    synthesis: await measureSynthesis(progress, runs),
    adoption: await measureAdoption(progress, runs),
    change: await measureClientChange(progress, runs),
  };
  return {
    targets: identityTargets(samples),
    text: identityTables(samples),
    figures: { identity: samples },
  };
}
