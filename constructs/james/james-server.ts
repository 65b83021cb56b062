import { Construct } from "constructs";
import { hostsOf } from "../../kit/web-url";

import { directoryUrls } from "../ldap/directory-urls";
import { checkProps, type Rule } from "../terraform/rules";
import type { Image } from "../workload/image";
import { shortDnsCache } from "../workload/java";
import { type ContainerLimits, limitsOf } from "../workload/limits";
import { portsBehind } from "../workload/trusted-proxy";
import { type Engine, Workload, type WorkloadVolume } from "../workload/workload";
import { type JamesCapabilities, jamesCapabilities } from "./capabilities";
import { jamesHealthCheck } from "./health-check";
import {
  everyCertificate,
  everyOidc,
  type JamesConfig,
  type JamesRealm,
  jamesDefaults,
  type LoginProtocol,
  listenersOf,
  listeningPorts,
  loginProtocols,
  type Protocol,
  protocols,
} from "./james-config";
import { jamesMemory } from "./james-memory";
import type { JamesRelease } from "./james-release";
import { isPort, jamesRules, notPort } from "./james-rules";
import { renderJames } from "./render-james";

/** How the gateway reaches a James: the kit's own or an existing one. */
export interface IJames {
  readonly host: string;
  /** Port of JMAP, plain HTTP. */
  readonly jmapPort: number;
  readonly release: JamesRelease;
}

export interface JamesServerProps extends JamesConfig, ContainerLimits {
  readonly engine: Engine;
  readonly image: Image;
  /**
   * Ports on the environment's bind address; null is the same as leaving it out. JMAP cannot be published: it believes
   * who comes with an X-User header.
   * @default none
   */
  readonly publish?: Partial<Record<Exclude<Protocol, "jmap">, number | null>>;
  /** Further realms, and where their listeners are published. @default none */
  readonly realms?: readonly (JamesRealm & { readonly publish?: Partial<Record<LoginProtocol, number>> })[];
  /** Services that must be healthy first: James ends when it cannot reach its directory. @default none */
  readonly dependsOn?: readonly Workload[];
}

/** Of a James with a database: what is accepted and not delivered yet. */
export const queueVolume = "james-queue";

/**
 * Apache James: on a database in PostgreSQL (`james-server-postgres-app`), or with everything in memory
 * (`james-server-memory-app`), where mail is lost when the container is replaced.
 */
export class JamesServer extends Construct implements IJames {
  readonly release: JamesRelease;
  readonly host: string;
  readonly service: Workload;
  /** Ports that James listens on in its container. */
  readonly ports: Partial<Record<Protocol, number>>;

  constructor(scope: Construct, id: string, props: JamesServerProps) {
    super(scope, id);
    checkProps(this, props, rules);
    this.release = props.release ?? jamesDefaults.release;
    this.host = props.host ?? jamesDefaults.host;
    this.ports = listeningPorts(props);
    const heapMb = props.heapMb ?? jamesMemory.defaultHeap;
    this.service = new Workload(this, "service", {
      engine: props.engine,
      name: "james",
      image: props.image,
      hostname: this.host,
      aliases: [this.host],
      files: renderJames(props),
      connectsTo: hostsOfJames(props),
      ports: portsBehind(
        props.proxy,
        publishedPorts(props).map(({ internal, external }) => ({ internal: internal as number, external })),
      ),
      volumes: volumesOf(props),
      env: {
        // Which of the two an image reads differs; in both, the image's own heap must not count.
        JAVA_OPTS: javaOptions(heapMb),
        JAVA_TOOL_OPTIONS: javaOptions(heapMb),
        // Else glibc keeps freed memory in an arena a thread.
        MALLOC_ARENA_MAX: "2",
        // ManageSieve and submission wait for DNS to name the client: where it is silent, 2 s and not 10.
        RES_OPTIONS: "timeout:1 attempts:2",
      },
      healthCheck: jamesHealthCheck(props),
      ...limitsOf(props),
      ...(props.dependsOn && { dependsOn: props.dependsOn }),
    });
  }

  /** What the running release can do. */
  get capabilities(): JamesCapabilities {
    return jamesCapabilities(this.release);
  }

  get jmapPort(): number {
    const { jmap } = this.ports;
    if (jmap === undefined) throw new Error(`${this.node.path}: JMAP is off`);
    return jmap;
  }
}

/** Hosts that James connects to. The discovery URL is none: James only tells it to clients. */
function hostsOfJames({ ldap, remoteDelivery, database, ...config }: JamesConfig): string[] {
  const relay = typeof remoteDelivery === "object" ? remoteDelivery.host : "any mail exchanger";
  return [
    ...[
      ...directoryUrls(ldap),
      ...everyOidc(config).flatMap(({ jwksUrl, introspectionUrl = jwksUrl }) => [jwksUrl, introspectionUrl]),
    ].flatMap(hostsOf),
    ...(database ? [database.server.host] : []),
    ...(remoteDelivery === undefined || remoteDelivery === "refuse" ? [] : [relay]),
  ];
}

/** Each once: a volume may hold certificates of several realms. */
function volumesOf(config: JamesConfig): WorkloadVolume[] {
  const { home } = { ...jamesDefaults, ...config };
  const certificates = config.tls ? everyCertificate(config).map(({ volume }) => volume) : [];
  return [
    ...(config.database
      ? [{ name: queueVolume, path: `${home}/var`, holds: "mail that is not delivered yet" }]
      : []),
    ...new Map(certificates.map((volume) => [volume.path, volume])).values(),
  ];
}

/**
 * - The serial collector and the first compiler only: least memory, fastest start.
 * - ExitOnOutOfMemoryError: after a failed allocation James would go on with some of its threads dead.
 * - NewRatio: mail is large and lives long, so the part of the heap for new objects is smaller than by default.
 * - SoftRefLRUPolicyMSPerMB: threads hold the buffers in which they parsed a mail by soft references, which are cleared
 *   after that many ms without use for each free MiB of heap. By default that takes minutes.
 */
function javaOptions(heapMb: number): string {
  return [
    ...[
      `-Xmx${heapMb}m`,
      "-XX:NewRatio=4",
      "-XX:SoftRefLRUPolicyMSPerMB=10",
      shortDnsCache,
      "-XX:+UseSerialGC",
    ],
    ...["-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError"],
  ].join(" ");
}

const rules: readonly Rule<JamesServerProps>[] = [
  ...(jamesRules as readonly Rule<JamesServerProps>[]),
  {
    prop: "publish",
    check: (props) => {
      const published = publishedPorts(props);
      const idle = published.find(({ internal }) => internal === undefined);
      if (idle) return { what: `${idle.name} is published but off`, got: idle.external };
      const bad = published.find(({ external }) => !isPort(external));
      if (bad) return notPort(bad.external);
      const ports = published.map(({ external }) => external);
      return new Set(ports).size < ports.length
        ? {
            what: "two listeners are published on one port",
            got: Object.fromEntries(published.map(({ name, external }) => [name, external])),
          }
        : undefined;
    },
  },
  {
    prop: "heapMb",
    check: ({ heapMb = jamesMemory.defaultHeap, memoryMb = Number.POSITIVE_INFINITY }) =>
      Number.isInteger(heapMb) &&
      heapMb >= jamesMemory.leastHeap &&
      heapMb + jamesMemory.besideHeap <= memoryMb
        ? undefined
        : {
            what: "James cannot run with this heap",
            got: heapMb,
            allowed: `at least ${jamesMemory.leastHeap}, and memoryMb at least ${jamesMemory.besideHeap} above it`,
          },
  },
];

/** `internal` is undefined for what is off. */
function publishedPorts(props: JamesServerProps) {
  const { publish = {}, realms = [] } = props;
  const listening = listeningPorts(props);
  const first = protocols
    .filter((protocol) => protocol !== "jmap")
    .map((protocol) => ({
      name: protocol as string,
      internal: listening[protocol],
      external: publish[protocol],
    }));
  const further = realms.flatMap((realm, index) =>
    loginProtocols.map((protocol) => ({
      name: `${protocol} of ${realm.domain}`,
      internal: listenersOf(props, protocol)[index + 1]?.port,
      external: realm.publish?.[protocol],
    })),
  );
  return [...first, ...further].flatMap(({ external, ...port }) =>
    external === null || external === undefined ? [] : [{ ...port, external }],
  );
}
