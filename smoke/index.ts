export { formatReport, formatStep } from "./format";
export { runSmoke, type SmokeOptions, type SmokeReport } from "./run";
export type { StepResult } from "./steps/plan";
export type { SmokeTarget } from "./steps/target";
