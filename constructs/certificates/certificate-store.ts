import { isIP } from "node:net";
import { Construct } from "constructs";
import { checkProps, type Rule } from "../terraform/rules";
import type { ConfigFile } from "../workload/config-file";
import { HealthCheck } from "../workload/health-check";
import type { Image } from "../workload/image";
import { type ContainerLimits, limitsOf } from "../workload/limits";
import type { Secret } from "../workload/secret";
import type { ServerCertificate } from "../workload/server-certificate";
import { type Engine, Workload } from "../workload/workload";
import { type Acme, acmeFiles, acmeProblem, challengePort, directoryUrl, renderOrder } from "./acme";
import type { Authority } from "./authority";
import { renderOwnCertificate } from "./own-certificate";

/** A certificate as somebody has been given it. */
export interface CertificateFiles {
  /** In PEM: its own certificate first, then those up to a root. */
  readonly chain: string;
  /** In PEM, PKCS #8, without a passphrase. */
  readonly key: Secret;
}

/** Workloads that show certificates; for each the store's image has a place (images/certificates/Dockerfile). */
export const certificateServices = ["gateway", "james", "keycloak", "ldap", "postgres", "redis"] as const;

/** A certificate that a store keeps for a service. */
export interface StoredCertificate {
  /** Who shows it, by the name of its workload; no other service sees the key. */
  readonly service: (typeof certificateServices)[number];
  /** Name among those of the service. */
  readonly name: string;
  /** What it is good for: DNS names, `*.example.org` among them, and IP addresses. */
  readonly hosts: readonly [string, ...string[]];
  /** Where it comes from: `own` is the environment's own authority, `acme` the store's `acme`. */
  readonly issuer: "own" | "acme" | CertificateFiles;
}

export interface CertificateStoreProps extends ContainerLimits {
  readonly engine: Engine;
  /** `ImageSet.certificates`; with `acme` what `ImageSet.acme` gives. */
  readonly image: Image;
  readonly certificates: readonly [StoredCertificate, ...StoredCertificate[]];
  /** Who issues those that are `own`. @default nobody: none is */
  readonly authority?: Authority;
  /** How long an `own` certificate is good, in seconds; it is replaced when a third of it is left. @default 7776000, 90 days */
  readonly ownLifetimeSeconds?: number;
  /** Who issues those that are `acme`. @default nobody: none is */
  readonly acme?: Acme;
  /** DNS name on the environment's network, by which a gateway reaches it. @default "certificates.example.com" */
  readonly host?: string;
}

const folder = "/etc/certificates";
const defaultOwnLifetime = 90 * 24 * 3600;
/** lego's account, what it was issued, and when it failed. */
const acmeVolume = { name: "certificates-acme", path: "/var/lib/acme" };

/**
 * Keeps certificates for services, and renews them while the services run. Each service has a volume of its own, on which it
 * sees its certificates and keys, and nothing of others.
 */
export class CertificateStore extends Construct {
  readonly service: Workload;
  /** Certificate of the authority of those that are `own`, in PEM; undefined where none is. */
  readonly ca: string | undefined;
  /** For `GatewayTls.challenges`: where what authorities of ACME ask is answered. @default names are not proved by HTTP */
  readonly challenges?: { readonly host: string; readonly port: number };
  readonly #certificates: readonly StoredCertificate[];

  /** @throws KitError for what no certificate can be, or nobody could issue */
  constructor(scope: Construct, id: string, props: CertificateStoreProps) {
    super(scope, id);
    checkProps(this, props, rules);
    this.ca = props.authority?.certificate;
    const { acme, host = "certificates.example.com" } = props;
    this.#certificates = props.certificates;
    const isAsked = acme?.challenge.kind === "http-01";
    if (isAsked) this.challenges = { host, port: challengePort };
    const services = new Set(props.certificates.map(({ service }) => service));
    this.service = new Workload(this, "service", {
      engine: props.engine,
      name: "certificates",
      image: props.image,
      env: { OWN_LIFETIME: String(props.ownLifetimeSeconds ?? defaultOwnLifetime) },
      ...(isAsked && { aliases: [host] }),
      ...(acme && { connectsTo: connectionsOf(acme) }),
      files: filesOf(props),
      volumes: [
        ...[...services].map((service) => ({ name: volumeOf(service), path: `/certificates/${service}` })),
        ...(acme ? [acmeVolume] : []),
      ],
      healthCheck: HealthCheck.script(
        "[[ -e /run/certificates/problems && ! -s /run/certificates/problems ]]",
      ),
      ...limitsOf(props),
    });
  }

  /** The certificates of a service, as it is given them. */
  of(service: string): ServerCertificate[] {
    return this.#certificates.filter((stored) => stored.service === service).map(serverCertificate);
  }

  /** @throws Error when the store keeps none of this name for the service */
  certificate(service: string, name: string): ServerCertificate {
    const stored = this.#certificates.find((one) => one.service === service && one.name === name);
    if (!stored) throw new Error(`${this.node.path} keeps no certificate ${name} for ${service}`);
    return serverCertificate(stored);
  }
}

function connectionsOf({ challenge, ...acme }: Acme): string[] {
  const directory = new URL(directoryUrl(acme)).hostname;
  return challenge.kind === "http-01" ? [directory, challenge.gateway.host] : [directory];
}

/** A volume that several containers have is a way between them: none is for more than one service. */
const volumeOf = (service: string) => `certificates-${service}`;

function serverCertificate({ service, name, hosts }: StoredCertificate): ServerCertificate {
  const path = "/run/certificates";
  return {
    hosts,
    volume: { name: volumeOf(service), path, readOnly: true },
    chainFile: `${path}/${name}/chain.pem`,
    keyFile: `${path}/${name}/key.pem`,
  };
}

/** What the store's start program is told (images/certificates/start). */
function filesOf({ certificates, authority, acme }: CertificateStoreProps): ConfigFile[] {
  const wanted = certificates.flatMap(({ service, name, hosts, issuer }): ConfigFile[] => {
    if (issuer === "own") {
      const path = `${folder}/own/${service}/${name}`;
      return [
        { path: `${path}/openssl.cnf`, content: renderOwnCertificate(hosts, service) },
        { path: `${path}/authority.pem`, content: authority?.certificate ?? "" },
      ];
    }
    if (issuer === "acme") {
      const path = `${folder}/acme/${service}/${name}/lego.env`;
      return acme ? [{ path, content: renderOrder(acme, hosts) }] : [];
    }
    const path = `${folder}/files/${service}/${name}`;
    return [
      { path: `${path}/chain.pem`, content: issuer.chain },
      { path: `${path}/key.pem`, content: issuer.key.reveal(), secret: true },
    ];
  });
  return [
    ...wanted,
    ...(authority
      ? [{ path: `${folder}/authority.key`, content: authority.key.reveal(), secret: true }]
      : []),
    ...(acme ? acmeFiles(acme, `${folder}/acme.settings`) : []),
  ];
}

/** A DNS name, or a wildcard for one label. https://www.rfc-editor.org/rfc/rfc9525#section-6.3 */
const dnsName = /^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

const rules: readonly Rule<CertificateStoreProps>[] = [
  {
    prop: "certificates",
    check: ({ certificates }) => {
      const names = certificates.map(({ name }) => name);
      const broken = names.filter((name) => !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name));
      return broken.length === 0
        ? undefined
        : { what: "not a name of a certificate", got: broken, allowed: "a-z, 0-9, . and -" };
    },
  },
  {
    prop: "certificates",
    check: ({ certificates }) => {
      const services = certificates.map(({ service }) => service);
      const unknown = services.filter((service) => !certificateServices.includes(service));
      return unknown.length === 0
        ? undefined
        : { what: "no service that shows certificates", got: unknown, allowed: certificateServices };
    },
  },
  {
    prop: "certificates",
    check: ({ certificates }) => {
      const names = certificates.map(({ service, name }) => `${service}/${name}`);
      const twice = names.filter((name, index) => names.indexOf(name) !== index);
      return twice.length === 0
        ? undefined
        : { what: "a service has two certificates of a name", got: twice };
    },
  },
  {
    prop: "certificates",
    check: ({ certificates }) => {
      const hosts = certificates.flatMap(({ hosts }) =>
        hosts.filter((host) => isIP(host) === 0 && !dnsName.test(host)),
      );
      return hosts.length === 0
        ? undefined
        : {
            what: "nothing that a certificate can name",
            got: hosts,
            allowed: "DNS names in lower case, *.example.org, IP addresses",
          };
    },
  },
  {
    prop: "authority",
    check: ({ authority, certificates }) =>
      authority === undefined && certificates.some(({ issuer }) => issuer === "own")
        ? { what: "there is no authority to issue certificates that are `own`" }
        : undefined,
  },
  {
    prop: "acme",
    check: ({ acme, certificates }) => {
      const hosts = certificates.flatMap(({ issuer, hosts }) => (issuer === "acme" ? hosts : []));
      if (acme !== undefined) return acmeProblem(acme, hosts);
      return hosts.length === 0
        ? undefined
        : { what: "there is nobody to issue certificates that are `acme`" };
    },
  },
  {
    prop: "ownLifetimeSeconds",
    check: ({ ownLifetimeSeconds = defaultOwnLifetime }) =>
      Number.isInteger(ownLifetimeSeconds) && ownLifetimeSeconds > 0
        ? undefined
        : { what: "not a number of seconds", got: ownLifetimeSeconds, allowed: "a whole number from 1 on" },
  },
];
