import { readFileSync } from "node:fs";
import { ImapFlow } from "imapflow";
import { createTransport, type Transporter } from "nodemailer";
import type { Outputs } from "../config/outputs";
import { KitError } from "../kit/errors";
import { createHttp, type Http, resolved } from "../smoke/clients/http";
import { connectJmap, type JmapClient } from "./jmap-client";
import { logInByForm, type Page } from "./log-in";

/** A platform that is up, as its people's programs see it. Tokens are made anew for each client, and last some minutes. */
export interface Platform {
  /** Where it is found: what the command `outputs --json` tells. */
  readonly outputs: Outputs;
  /** Mail addresses of those who have a mailbox by the environment file. */
  readonly people: readonly string[];
  /** A secret by the name that `outputs` has for it; a person's password by the mail address. @throws KitError without one */
  secret(name: string): string;
  /**
   * An access token that James and the gateway take, by the password grant.
   *
   * @param client of the realm that has direct access grants. @default `kit-smoke`, of environments with `directGrants: true`
   * @throws KitError when the environment has no such client; Error with what the provider says
   */
  token(person: string, client?: string): Promise<string>;
  /** Logs in to an application in the way of a browser. @param url page of the application that leads to the login */
  logIn(person: string, url: string | URL): Promise<Page>;
  /** `fetch` that finds the platform's host names and trusts its authority, without following redirects unless it is told to. */
  fetch(url: string | URL, init?: RequestInit): Promise<Response>;
  /** JMAP with a token. */
  jmap(person: string): Promise<JmapClient>;
  /** IMAP with a token, logged in: `logout()` ends it. @see https://imapflow.com */
  imap(person: string): Promise<ImapFlow>;
  /** Submission with a token; mails are from the person unless they say otherwise. @see https://nodemailer.com/message */
  smtp(person: string): Promise<Transporter>;
}

type Realm = Outputs["realms"][number];

/** Variable by which processes of tests know the platform that they share. */
export const platformVariable = "JAMES_OIDC_KIT_PLATFORM";

/**
 * The clients of a platform that is up already.
 *
 * @param outputs what `outputs --json` tells. @default those of the platform of the global set-up: JSON in variable
 * JAMES_OIDC_KIT_PLATFORM
 * @throws KitError when there is none
 */
export function connectPlatform(outputs: Outputs = sharedOutputs()): Platform {
  const { realms, address, ownAuthority, secretsFile } = outputs;

  const secret = (name: string): string => {
    const secrets = JSON.parse(readFileSync(secretsFile, "utf8")) as Record<string, string>;
    const value = secrets[name];
    if (value !== undefined) return value;
    throw new KitError("there is no such secret", [
      { where: secretsFile, what: "it has none of this name", got: name, allowed: Object.keys(secrets) },
    ]);
  };
  const ca = (): string | undefined =>
    ownAuthority
      ? /-----BEGIN CERTIFICATE-[\s\S]*?-END CERTIFICATE-----\n?/.exec(secret("authority"))?.[0]
      : undefined;
  const httpOf = (realm: Realm): Http => {
    const here = (url: string) => ({ ...resolved(url, ca()), host: address });
    const { issuer } = realm.oidc;
    return createHttp({
      ssoUrl: issuer,
      // Of others: where its name leads.
      ...(outputs.keycloak && { sso: here(issuer) }),
      gatewayUrl: realm.jmap.sessionUrl,
      gateway: here(realm.jmap.sessionUrl),
    });
  };
  const clients = new Map<Realm, Http>();
  const http = (realm: Realm): Http => {
    const client = clients.get(realm) ?? httpOf(realm);
    clients.set(realm, client);
    return client;
  };
  const hosts = (realm: Realm) => [realm.oidc.issuer, realm.jmap.sessionUrl].map((url) => new URL(url).host);
  const realmAt = (url: string | URL) => realms.find((realm) => hosts(realm).includes(new URL(url).host));
  const realmOf = (person: string): Realm => {
    const found =
      realms.find(({ people }) => people.some(({ mail }) => mail === person)) ??
      realms.find(({ mailDomain }) => person.endsWith(`@${mailDomain}`));
    if (found) return found;
    throw new KitError("nobody of the platform is called so", [
      {
        ...{ where: outputs.environment, what: "no realm has this person", got: person },
        allowed: realms.flatMap(({ people }) => people.map(({ mail }) => mail)),
        fix: "Name somebody by the mail address",
      },
    ]);
  };

  const token = async (person: string, client = "kit-smoke"): Promise<string> => {
    const realm = realmOf(person);
    const known = realm.clients.find(({ id }) => id === client);
    if (!known) {
      throw new KitError("there is no client for tokens", [
        {
          ...{ where: `realm ${realm.name}`, what: "it has none of this name", got: client },
          allowed: realm.clients.map(({ id }) => id),
          fix: "`directGrants: true` in the environment file makes kit-smoke; or name one with directAccessGrants",
        },
      ]);
    }
    const discovery = await answerOf(http(realm), realm.oidc.discoveryUrl);
    const body = new URLSearchParams({
      ...{ grant_type: "password", scope: "openid", client_id: client },
      ...(known.secret !== undefined && { client_secret: secret(known.secret) }),
      ...{ username: person, password: secret(person) },
    });
    return (await answerOf(http(realm), discovery.token_endpoint as string, body)).access_token as string;
  };
  /** Where a mail server is, as clients are told. */
  const server = ({ host, port, security }: Realm["imap"]) => ({
    ...{ host: address, port, secure: security === "SSL/TLS" },
    ...(security !== "none" && { tls: { servername: host, ...(ownAuthority && { ca: ca() as string }) } }),
  });

  return {
    outputs,
    people: realms.flatMap(({ people }) => people.map(({ mail }) => mail)),
    ...{ secret, token },
    logIn: (person, url) => {
      const credentials = { username: person, password: secret(person) };
      return logInByForm(
        (url, init) => {
          const realm = realmAt(url);
          const answer = realm ? http(realm).fetch(url, init) : fetch(url, { ...init, redirect: "manual" });
          return answer as Promise<Response>;
        },
        new URL(url),
        credentials,
      );
    },
    fetch: async (url, init) => {
      const realm = realmAt(url);
      if (realm) return (await http(realm).fetch(url, init as never)) as unknown as Response;
      const allowed = [...new Set(realms.flatMap(hosts))];
      throw new KitError("the platform has no such host", [
        { where: "fetch", what: "it is none of the platform's", got: String(url), allowed },
      ]);
    },
    jmap: async (person) => {
      const realm = realmOf(person);
      return connectJmap(http(realm), realm.jmap.sessionUrl, await token(person));
    },
    imap: async (person) => {
      const { imap } = realmOf(person);
      const client = new ImapFlow({
        ...{ ...server(imap), doSTARTTLS: imap.security === "STARTTLS", logger: false },
        auth: { user: person, accessToken: await token(person) },
      });
      // Without a listener a late error of the socket would end the process; commands reject by themselves.
      client.on("error", () => {});
      await client.connect();
      return client;
    },
    smtp: async (person) => {
      const { smtp } = realmOf(person);
      const startTls = smtp.security === "STARTTLS" ? { requireTLS: true } : { ignoreTLS: true };
      return createTransport(
        {
          ...{ ...server(smtp), ...startTls },
          auth: { type: "OAuth2", user: person, accessToken: await token(person) },
        },
        { from: person },
      );
    },
  };
}

function sharedOutputs(): Outputs {
  const text = process.env[platformVariable];
  if (text) return JSON.parse(text);
  throw new KitError("no platform was started for these tests", [
    {
      where: platformVariable,
      what: "the variable is not set",
      fix: "Let the global set-up of the tests be what globalPlatform() makes, or call startPlatform()",
    },
  ]);
}

/** @param form is posted. @throws Error with what the server said */
async function answerOf(http: Http, url: string, form?: URLSearchParams): Promise<Record<string, unknown>> {
  const response = await http.fetch(url, form ? { method: "POST", body: form } : {});
  const text = await response.text();
  if (response.status === 200) return JSON.parse(text);
  throw new Error(`${url} answered ${response.status}: ${text.slice(0, 300)}`);
}
