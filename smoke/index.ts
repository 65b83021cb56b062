export { formatReport, formatStep } from "./format";
export type { StepResult } from "./plan";
export { runSmoke, type SmokeOptions, type SmokeReport } from "./run";
export type { SmokeTarget } from "./target";
