import { isDeepStrictEqual } from "node:util";
import { publicNames } from "../../config/public-names";
import { reasonOf } from "../../kit/errors";
import type { RealmModel } from "../../platform/model/platform-model";
import { cleartextListeners } from "../../platform/rules/tls-rules";
import { resolved } from "../../smoke/clients/http";
import { type MailProtocol, offerOf } from "../../smoke/clients/mail-session";
import type { Address } from "../../smoke/clients/socket";
import { overdue, readRecord } from "../backup/schedule/backup-record";
import type { Deployment } from "../deployment/deployment";
import { serversOf } from "../verify/servers";
import { type Finding, finding } from "./finding";
import { identityOf, type Listener } from "./listener";
import { reach, resolver } from "./reach";
import { examineTls, type Handshake } from "./tls";
import { type Ask, gatewayFindings, issuerFindings, redirectFindings, withAsk } from "./web";

/** A listener that was looked at. */
export interface ExaminedListener {
  readonly where: string;
  /** Address and port at which; null: it was not reached. */
  readonly at: string | null;
  /** null: it has no TLS, or nobody could be spoken with. */
  readonly tls: Handshake | null;
}

export interface Examination {
  readonly listeners: readonly ExaminedListener[];
  /** Errors first. */
  readonly findings: readonly Finding[];
}

/** A listener, and what is asked of it once it is reached. */
interface Patient extends Listener {
  readonly ask?: (address: Address) => Promise<Finding[]>;
}

/**
 * Looks at what people's programs connect to, by the names that they are told, as this machine sees it: names, ports, TLS,
 * certificates, clocks, what is answered. It logs nobody in, and changes nothing.
 */
export async function examine(
  deployment: Pick<Deployment, "environment" | "secrets" | "directory">,
  now = new Date(),
): Promise<Examination> {
  const { environment, directory } = deployment;
  const { platform } = environment;
  const all = platform.realms.flatMap((realm) => patients(deployment, realm));
  const each = all.filter(({ where }, index) => all.findIndex((other) => other.where === where) === index);
  const known = [...cleartextFindings(environment), ...backupFindings(directory, now)];
  return examineAll(each, known, now);
}

/** Looks at listeners, all at the same time. */
export async function examineAll(
  patients: readonly Patient[],
  known: readonly Finding[],
  now: Date,
): Promise<Examination> {
  const addressesOf = resolver();
  const examined = await Promise.all(patients.map((patient) => examineOne(patient, addressesOf, now)));
  const all = [...known, ...examined.flatMap(({ findings }) => findings)];
  // Of a name that several have.
  const findings = all.filter(
    (one, index) => all.findIndex((other) => isDeepStrictEqual(one, other)) === index,
  );
  const errors = findings.filter(({ severity }) => severity === "error");
  return {
    listeners: examined.map(({ listener }) => listener),
    findings: [...errors, ...findings.filter((one) => !errors.includes(one))],
  };
}

async function examineOne(
  patient: Patient,
  addressesOf: (name: string) => Promise<string[]>,
  now: Date,
): Promise<{ listener: ExaminedListener; findings: Finding[] }> {
  const { where } = patient;
  const { address, findings } = await reach(patient, addressesOf);
  if (!address) return { listener: { where, at: null, tls: null }, findings: [...findings] };
  const at = `${address.host}:${address.port}`;
  const secured = identityOf(address) ? await examineTls(patient, address, now) : undefined;
  // Whoever cannot be spoken with by TLS answers nothing else either.
  const isMute = secured !== undefined && secured.handshake === undefined;
  const answers = isMute ? [] : await patient.ask?.(address).catch((error) => [unexpected(where, error)]);
  return {
    listener: { where, at, tls: secured?.handshake ?? null },
    findings: [...findings, ...(secured?.findings ?? []), ...(answers ?? [])],
  };
}

function unexpected(where: string, error: unknown): Finding {
  return finding("error", "port", where, {
    what: "it does not answer as it should",
    got: reasonOf(error),
    fix: "Look at what listens there: `status` shows the containers",
  });
}

/** What the people of a realm connect to. */
function patients(deployment: Pick<Deployment, "environment" | "secrets">, realm: RealmModel): Patient[] {
  const { environment } = deployment;
  const { services, tls } = environment.platform;
  const names = publicNames(environment, realm);
  const named = serversOf(deployment, realm, "public");
  const published = serversOf(deployment, realm, "published");
  const web = (
    url: string,
    address: { named: Address; published?: Address },
    isPublic: boolean,
    mode: Listener["certificate"],
    look: (where: string, ask: Ask) => Promise<Finding[]>,
  ): Patient => {
    const where = new URL(url).origin;
    return {
      ...{ where, protocol: "http", ...address, isPublic },
      certificate: mode === "off" && address.named.tls ? "other" : mode,
      ask: (reached) => withAsk(reached, (ask) => look(where, ask)),
    };
  };
  const gateway = web(
    realm.gatewayUrl,
    { named: named.gateway, published: published.gateway },
    names.gateway,
    tls.gateway,
    (where, ask) => gatewayFindings(where, realm, ask),
  );
  const isOwn = realm.provision === "realm";
  const sso = web(
    realm.oidc.issuer,
    {
      named: named.sso ?? resolved(realm.oidc.issuer, named.ssoCa),
      ...(published.sso && { published: published.sso }),
    },
    isOwn ? names.keycloak : true,
    isOwn ? (services.keycloak.behindGateway ? tls.gateway : tls.keycloak) : "other",
    (where, ask) => issuerFindings(where, realm.oidc, ask),
  );
  const redirect =
    named.redirect && published.redirect
      ? [
          web(
            `http://${realm.gateway.host}${named.redirect.port === 80 ? "" : `:${named.redirect.port}`}`,
            { named: named.redirect, published: published.redirect },
            names.gateway,
            "off",
            (where, ask) => redirectFindings(where, `${where}/.well-known/jmap`, ask),
          ),
        ]
      : [];
  const mail = (["imap", "smtp", "sieve", "imaps", "submissions"] as const).flatMap((kind): Patient[] => {
    const [address, here] = [named[kind], published[kind]];
    if (!address || !here || (kind === "sieve" && !services.james.sieve)) return [];
    const protocol: MailProtocol = kind === "imaps" ? "imap" : kind === "submissions" ? "smtp" : kind;
    const where = `${kind === "smtp" ? "submission" : kind}://${address.host}:${address.port}`;
    return [
      {
        ...{ where, protocol, named: address, published: here },
        ...{ isPublic: names.mail, certificate: tls.mail },
        ask: (reached) => loginFindings(where, protocol, reached),
      },
    ];
  });
  return [gateway, sso, ...redirect, ...mail];
}

/** Whether a mail server lets people log in where their words are safe, and only there. */
export async function loginFindings(
  where: string,
  protocol: MailProtocol,
  address: Address,
): Promise<Finding[]> {
  const { startTls, ...clear } = address;
  // Without TLS nothing is refused; a TLS from the first byte hides all.
  if (!startTls) return [];
  const { logins } = await offerOf(protocol, clear);
  if (logins.length === 0) return [];
  return [
    finding("error", "login", where, {
      what: "people are asked to log in before TLS",
      got: logins,
      allowed: "STARTTLS first",
      fix: "`up` brings what listens there; is it this environment that the port leads to?",
    }),
  ];
}

/** Whether backups are made as this machine was told to. */
export function backupFindings(directory: string, now: Date): Finding[] {
  const { where = directory, ...problem } = overdue(readRecord(directory), now) ?? {};
  return "what" in problem ? [finding("error", "backup", where, problem)] : [];
}

/** What crosses a network without TLS, though somebody has said that it may. */
function cleartextFindings({
  bind,
  platform,
}: Pick<Deployment["environment"], "bind" | "platform">): Finding[] {
  const listeners = cleartextListeners(platform, bind);
  if (listeners.length === 0) return [];
  return [
    finding("warning", "cleartext", "tls.allowCleartext", {
      what: `passwords and tokens cross the network without TLS: that of ${listeners.join(", ")}`,
      got: `bind ${bind}`,
      fix: "Say tls.mode: own, files or acme, unless nobody can listen between this machine and whatever has the TLS",
    }),
  ];
}
