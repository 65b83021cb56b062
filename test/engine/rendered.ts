import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { ComposeEngine } from "../../constructs/engine/compose/compose-engine";
import { DockerEngine } from "../../constructs/engine/docker/docker-engine";
import { App, TerraformStack, Testing } from "../../constructs/terraform";
import type { Engine } from "../../constructs/workload/workload";
import { secret } from "../template";

/** What an engine makes of a workload, in words of no engine. */
export interface RenderedContainer {
  readonly image: string;
  readonly user?: string;
  readonly hostname?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly restart: string;
  readonly securityOptions: readonly string[];
  readonly sysctls: Readonly<Record<string, string>>;
  readonly capabilities: { readonly drop: readonly string[]; readonly add: readonly string[] };
  readonly log: object;
  /** In MiB, with swap the same; undefined without a limit. */
  readonly memory: readonly [memory: number | undefined, withSwap: number | undefined];
  readonly cpus: number | undefined;
  readonly maxProcesses: number;
  /** `address:external:internal` */
  readonly ports: readonly string[];
  /** Path by full name of the volume, `:ro` behind it where it can only be read. */
  readonly volumes: Readonly<Record<string, string>>;
  /** Aliases by full name of the network. */
  readonly networks: Readonly<Record<string, readonly string[]>>;
  readonly health: { readonly test: readonly string[]; readonly interval: string; readonly timeout: string };
  /** Full names of those that must be healthy first. */
  readonly waitsFor: readonly string[];
  readonly files: Readonly<Record<string, { readonly content: string; readonly executable: boolean }>>;
}

/** What an engine makes of all workloads. */
export interface Rendered {
  /** By full name. */
  readonly containers: Readonly<Record<string, RenderedContainer>>;
  /** Full names of all networks, and whether one leads nowhere else. */
  readonly networks: Readonly<Record<string, { readonly internal: boolean }>>;
  /** What people see: Terraform JSON, the Compose file. */
  readonly visible: string;
}

export interface TestEngine {
  readonly name: string;
  readonly render: (
    workloads: (stack: TerraformStack, engine: Engine) => void,
    options?: { bindAddress?: string },
  ) => Rendered;
}

const name = "unit";
const fingerprintKey = secret("fingerprint key of the tests");

/** Every engine. What is here is what the conformance tests run against. */
export const engines: readonly TestEngine[] = [
  {
    name: "docker",
    render: (workloads, options) => {
      const stack = new TerraformStack(new App(), "test");
      const privateDirectory = join(mkdtempSync(join(tmpdir(), "james-oidc-kit-test-")), "private");
      workloads(
        stack,
        new DockerEngine(stack, "engine", { name, fingerprintKey, privateDirectory, ...options }),
      );
      const visible = Testing.synth(stack);
      return { ...ofTerraform(JSON.parse(visible).resource), visible };
    },
  },
  {
    name: "compose",
    render: (workloads, options) => {
      const stack = new TerraformStack(new App(), "test");
      const engine = new ComposeEngine(stack, "engine", { name, fingerprintKey, ...options });
      workloads(stack, engine);
      const [file, secrets] = engine.projectFiles();
      const visible = file?.content as string;
      return { ...ofCompose(parse(visible), secrets?.content as string), visible };
    },
  },
];

// biome-ignore-start lint/suspicious/noExplicitAny: Terraform's and Compose's own notations
function ofTerraform(resource: any): Omit<Rendered, "visible"> {
  const containers: any[] = Object.entries(resource.docker_container).map(([id, one]: any) => ({
    ...one,
    id,
  }));
  const read = (text: string) => text.replace(/([$%])\1\{/g, "$1{");
  const reference = (text: string) => {
    const [, type = "", id = ""] = /^\$\{(\w+)\.([\w-]+)\.\w+\}$/.exec(text) ?? [];
    return resource[type]?.[id].name as string;
  };
  const [data]: any[] = Object.values(resource.terraform_data);
  const [, ...networks]: string[] = data.triggers_replace.split(" ");
  return {
    networks: Object.fromEntries(networks.map((name) => [name, { internal: name.endsWith(".internal") }])),
    containers: Object.fromEntries(
      containers.map((one): [string, RenderedContainer] => [
        one.name,
        {
          image: reference(one.image),
          user: one.user,
          hostname: one.hostname,
          entrypoint: one.entrypoint,
          command: one.command?.map(read),
          env: Object.fromEntries(
            (one.env ?? []).map((line: string) => read(line).split(/=(.*)/s).slice(0, 2)),
          ),
          labels: Object.fromEntries(one.labels.map(({ label, value }: any) => [label, read(value)])),
          restart: one.restart,
          securityOptions: one.security_opts,
          sysctls: one.sysctls ?? {},
          capabilities: one.capabilities,
          log: { driver: one.log_driver, options: one.log_opts },
          memory: [one.memory, one.memory_swap],
          cpus: one.cpus === undefined ? undefined : Number(one.cpus),
          maxProcesses: Number(one.provisioner[0]["local-exec"].environment.KIT_MAX_PROCESSES),
          ports: one.ports.map(({ ip, external, internal }: any) => `${ip}:${external}:${internal}`),
          volumes: Object.fromEntries(
            (one.volumes ?? []).map(({ volume_name, container_path, read_only }: any) => [
              reference(volume_name),
              `${container_path}${read_only ? ":ro" : ""}`,
            ]),
          ),
          networks: Object.fromEntries(
            one.networks_advanced.map(({ name, aliases }: any) => [name, aliases]),
          ),
          health: { ...one.healthcheck, test: one.healthcheck.test.map(read) },
          waitsFor: one.depends_on
            .filter((address: string) => address.startsWith("docker_container."))
            .map((address: string) => containers.find(({ id }) => address.endsWith(`.${id}`)).name),
          files: Object.fromEntries(
            one.upload.map(({ file, content, source, permissions }: any) => [
              file,
              {
                content: source === undefined ? read(content) : readFileSync(source, "utf8"),
                executable: permissions === "0555",
              },
            ]),
          ),
        },
      ]),
    ),
  };
}

function ofCompose(raw: any, dotenv: string): Omit<Rendered, "visible"> {
  const { services, networks, volumes, configs = {}, secrets = {} } = withDollars(raw);
  const megabytes = (text?: string) => (text === undefined ? undefined : Number(/^(\d+)m$/.exec(text)?.[1]));
  const secretOf = ({ environment }: any) =>
    new RegExp(`^${environment}="((?:[^"\\\\]|\\\\.)*)"$`, "ms")
      .exec(dotenv)?.[1]
      ?.replace(/\\(["\\$])/g, "$1");
  return {
    networks: Object.fromEntries(
      Object.values(networks).map(({ name, internal = false }: any) => [name, { internal }]),
    ),
    containers: Object.fromEntries(
      Object.values(services).map((one: any): [string, RenderedContainer] => [
        one.container_name,
        {
          image: one.image,
          user: one.user,
          hostname: one.hostname,
          entrypoint: one.entrypoint,
          command: one.command,
          env: one.environment ?? {},
          labels: one.labels,
          restart: one.restart,
          securityOptions: one.security_opt,
          sysctls: one.sysctls ?? {},
          capabilities: { drop: one.cap_drop, add: one.cap_add ?? [] },
          log: one.logging,
          memory: [megabytes(one.mem_limit), megabytes(one.memswap_limit)],
          cpus: one.cpus,
          maxProcesses: one.pids_limit,
          ports: (one.ports ?? []).map(
            ({ host_ip, published, target }: any) => `${host_ip}:${published}:${target}`,
          ),
          volumes: Object.fromEntries(
            (one.volumes ?? []).map(({ source, target, read_only }: any) => [
              volumes[source].name,
              `${target}${read_only ? ":ro" : ""}`,
            ]),
          ),
          networks: Object.fromEntries(
            Object.entries(one.networks).map(([key, { aliases = [] }]: any) => [networks[key].name, aliases]),
          ),
          health: one.healthcheck,
          waitsFor: Object.keys(one.depends_on ?? {}).map((key) => services[key].container_name),
          files: Object.fromEntries([
            ...(one.configs ?? []).map(({ source, target, mode }: any) => [
              target,
              { content: configs[source].content, executable: mode === 0o555 },
            ]),
            ...(one.secrets ?? []).map(({ source, target, mode }: any) => [
              target,
              { content: secretOf(secrets[source]), executable: mode === 0o555 },
            ]),
          ]),
        },
      ]),
    ),
  };
}

function withDollars(value: any): any {
  if (typeof value === "string") return value.replaceAll("$$", "$");
  if (Array.isArray(value)) return value.map(withDollars);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withDollars(item)]));
}
// biome-ignore-end lint/suspicious/noExplicitAny: as above
