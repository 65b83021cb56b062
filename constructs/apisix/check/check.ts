import { apisixCapabilities } from "../schema/capabilities";
import { Configuration } from "./configuration/configuration";
import { type ApisixFinding, type Found, placeText } from "./configuration/finding";
import { YamlFile } from "./configuration/yaml-file";
import { fileFindings } from "./file-findings";
import { certificateFindings } from "./rules/certificate-rules";
import { exposureFindings } from "./rules/exposure-rules";
import { globalPluginFindings } from "./rules/global-plugin-rules";
import { identityFindings } from "./rules/identity-rules";
import { objectFindings } from "./rules/object-rules";
import { openidFindings } from "./rules/openid-rules";
import { optionNameFindings } from "./rules/option-name-rules";
import { pluginNameFindings, uncheckedPluginFindings } from "./rules/plugin-name-rules";
import { referenceFindings } from "./rules/reference-rules";
import { routingFindings } from "./rules/routing-rules";
import { secretFindings } from "./rules/secret-rules";
import { topFindings, wrongFile } from "./rules/top-rules";
import { upstreamFindings } from "./rules/upstream-rules";

export type { ApisixFinding };

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
  optionNameFindings,
  upstreamFindings,
  certificateFindings,
  referenceFindings,
  globalPluginFindings,
  (configuration, { plugins = new Set() }) => pluginNameFindings(configuration, plugins),
  uncheckedPluginFindings,
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
export function checkApisixYaml(text: string, options: CheckOptions = {}): ApisixFinding[] {
  const { version = "3.18.0", variables } = options;
  try {
    const file = new YamlFile(text, apisixCapabilities(version));
    const findings = fileFindings(file, apisixCapabilities(version), variables);
    if (file.readable) {
      const configuration = new Configuration(text, file.value(), version);
      const wrong = wrongFile(configuration);
      if (wrong) return [wrong];
      findings.push(...ruleFindings(file, configuration, options));
    }
    return findings.sort((one, other) => (one.line ?? 0) - (other.line ?? 0));
  } catch (error) {
    const reason = unreadableBecause(error);
    if (reason === undefined) throw error;
    return [
      {
        severity: "error",
        where: "file",
        what: `it cannot be read: ${reason}`,
        why: "APISIX cannot read it either, or not as it is meant",
        fix: "Write it out, without aliases",
      },
    ];
  }
}

function ruleFindings(file: YamlFile, configuration: Configuration, options: CheckOptions): ApisixFinding[] {
  return [topFindings(configuration, file), ...rules.map((rule) => rule(configuration, options))]
    .flat()
    .map(({ at, ...found }) => {
      const line = file.lineOf([...(at.entry ? [at.entry.list, at.entry.index] : []), ...at.path]);
      return { ...found, where: placeText(at), ...(line !== undefined && { line }) };
    });
}

/** What the YAML library throws for aliases that lead nowhere, multiply or cannot be merged, and the engine for too many levels. */
function unreadableBecause(error: unknown): string | undefined {
  if (error instanceof RangeError) return "it has too many levels";
  return error instanceof Error && /\balias(es)?\b/i.test(error.message) ? error.message : undefined;
}
