import { Construct } from "constructs";
import { Document, visit } from "yaml";
import { KitError } from "../../../kit/errors";
import { checkProps } from "../../terraform/rules";
import type { Secret } from "../../workload/secret";
import type { Engine, Workload } from "../../workload/workload";
import { defaultBindAddress, type EngineProps, engineRules } from "../engine-props";
import { environmentLabel } from "../labels";
import { isInternal, Networks } from "../networks";
import { composeProblems, composeService, withoutVariables } from "./compose-service";
import { type ContainerFile, containerFiles } from "./container-files";
import { renderDotenv } from "./dotenv";

export type ComposeEngineProps = EngineProps;

/** A file of a Compose project. */
export interface ComposeProjectFile {
  readonly name: string;
  readonly content: string;
  /** Whether it is for nobody else's eyes. */
  readonly secret: boolean;
}

/** First line of what this engine writes. */
export const composeHeader = "# Written by james-oidc-kit";

/**
 * Runs workloads by Docker Compose, 2.23.1 or later: `projectFiles()` are a Compose file, and `.env` with the secrets, for
 * `docker compose up --wait`. Files reach a container by being copied into it, as with Terraform, so that it need not be on
 * this machine (docs/decisions/0017-files-of-a-compose-project.md).
 */
export class ComposeEngine extends Construct implements Engine {
  readonly name: string;
  readonly bindAddress: string;
  readonly fingerprintKey: Secret;
  readonly #workloads: Workload[] = [];
  readonly #networks = new Networks();

  constructor(scope: Construct, id: string, props: ComposeEngineProps) {
    super(scope, id);
    checkProps(this, props, engineRules);
    this.name = props.name;
    this.bindAddress = props.bindAddress ?? defaultBindAddress;
    this.fingerprintKey = props.fingerprintKey;
  }

  /** On everything that it makes: the kit's commands find it by them. */
  get labels(): Readonly<Record<string, string>> {
    return { [environmentLabel]: this.name };
  }

  add(workload: Workload): void {
    this.#workloads.push(workload);
    this.#networks.add(workload);
  }

  /**
   * The Compose project of what was added.
   *
   * @throws KitError for what Compose cannot do: it knows nothing of Terraform
   */
  projectFiles(): ComposeProjectFile[] {
    const problems = this.#workloads.flatMap(composeProblems);
    if (problems.length > 0) throw new KitError("this cannot be a Compose project", problems);
    const files = containerFiles(this.#workloads);
    const services = this.#workloads.map((workload) => [
      workload.name,
      composeService(workload, this, this.#networks.of(workload), files.get(workload) ?? []),
    ]);
    const all = [...files.values()].flat();
    const [secret, plain] = [all.filter((file) => file.secret), all.filter((file) => !file.secret)];
    const owned = (name: string) => ({ name: `${this.name}-${name}`, labels: this.labels });
    const volumes = this.#workloads.flatMap(({ props }) => props.volumes ?? []);
    const project = {
      name: this.name,
      services: Object.fromEntries(services),
      networks: Object.fromEntries(
        this.#networks
          .names()
          .map((name) => [name, { ...owned(name), ...(isInternal(name) && { internal: true }) }]),
      ),
      ...(volumes.length > 0 && {
        volumes: Object.fromEntries(volumes.map(({ name }) => [name, owned(name)])),
      }),
      ...(plain.length > 0 && { configs: sources(plain, ({ content }) => ({ content })) }),
      ...(secret.length > 0 && { secrets: sources(secret, ({ variable }) => ({ environment: variable })) }),
    };
    return [
      {
        name: "compose.yaml",
        content: `${composeHeader}: a change is lost when it is written again. The secrets are in .env.\n${yaml(withoutVariables(project))}`,
        secret: false,
      },
      {
        name: ".env",
        content: `${composeHeader}: files with secrets, which Compose copies into the containers.\n${renderDotenv(secret)}`,
        secret: true,
      },
    ];
  }
}

/** YAML in which texts stay texts for Compose, whose parser takes numbers of YAML 1.1 and of 1.2: `1_000`, `017`, `0o17`. */
function yaml(project: object): string {
  const document = new Document(project, { version: "1.1", aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, scalar) {
      const { value } = scalar;
      if (typeof value === "string" && /^([-+.\d].*|=)$/.test(value)) scalar.type = "QUOTE_DOUBLE";
    },
  });
  return document.toString({ lineWidth: 0 });
}

function sources(files: readonly ContainerFile[], source: (file: ContainerFile) => object): object {
  return Object.fromEntries(files.map((file) => [file.name, source(file)]));
}
