import { apisixCapabilities } from "../capabilities";
import { Configuration } from "./configuration";
import { exposureFindings } from "./exposure-rules";
import { fileFindings } from "./file-findings";
import { type Finding, type Found, placeText } from "./finding";
import { identityFindings } from "./identity-rules";
import { objectFindings } from "./object-rules";
import { openidFindings } from "./openid-rules";
import { pluginNameFindings } from "./plugin-name-rules";
import { routingFindings } from "./routing-rules";
import { secretFindings } from "./secret-rules";
import { YamlFile } from "./yaml-file";

export type { Finding };

export interface CheckOptions {
  /** Release of APISIX that is to read it. @default "3.18.0" */
  readonly version?: string;
  /** Names of the environment variables that APISIX will have. @default not checked */
  readonly variables?: ReadonlySet<string>;
  /** Names of plugins that are added to APISIX beside its own and the kit's. @default none */
  readonly plugins?: ReadonlySet<string>;
}

const rules: readonly ((configuration: Configuration, options: CheckOptions) => Found[])[] = [
  objectFindings,
  (configuration, { plugins = new Set() }) => pluginNameFindings(configuration, plugins),
  routingFindings,
  secretFindings,
  identityFindings,
  openidFindings,
  exposureFindings,
];

/**
 * What is wrong with a standalone apisix.yaml, whoever wrote it, in the order of the file. Errors and warnings never
 * show a secret of it.
 */
export function checkApisixYaml(text: string, options: CheckOptions = {}): Finding[] {
  const { version = "3.18.0", variables } = options;
  const apisix = apisixCapabilities(version);
  try {
    const file = new YamlFile(text, apisix);
    const findings = fileFindings(file, apisix, variables);
    const unreadable = file.errors.some(({ code }) => code !== "DUPLICATE_KEY");
    if (!unreadable) {
      const configuration = new Configuration(text, file.value(), version);
      for (const { at, ...found } of rules.flatMap((rule) => rule(configuration, options))) {
        const line = file.lineOf([...(at.entry ? [at.entry.list, at.entry.index] : []), ...at.path]);
        findings.push({ ...found, where: placeText(at), ...(line !== undefined && { line }) });
      }
    }
    return findings.sort((one, other) => (one.line ?? 0) - (other.line ?? 0));
  } catch (error) {
    // Aliases that multiply without end, or more levels than the stack has room for.
    if (!(error instanceof ReferenceError || error instanceof RangeError)) throw error;
    return [
      {
        severity: "error",
        where: "file",
        what: "it cannot be read: too many levels, or aliases within aliases",
        why: "a configuration of APISIX has no use for them",
        fix: "Write it out",
      },
    ];
  }
}
