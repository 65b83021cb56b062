import type { Response } from "undici";
import type { Http } from "./http";

const USING = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"];

/** The parts of a JMAP session object (RFC 8620, section 2; RFC 8887, section 3) that the test follows. */
export interface JmapSession {
  readonly username: string;
  readonly accountId: string;
  readonly apiUrl: string;
  readonly uploadUrl: string;
  readonly downloadUrl: string;
  readonly webSocketUrl: string;
}

/** Method name and arguments. */
export type Call = readonly [name: string, args: Readonly<Record<string, unknown>>];

/** @param authorization value of the Authorization header */
export async function readSession(
  http: Http,
  url: string,
  authorization: string,
): Promise<{ session: JmapSession; headers: Headers }> {
  const response = await http.fetch(url, { headers: { authorization, accept: "application/json" } });
  const body = (await jsonOf(response, url)) as {
    username: string;
    primaryAccounts: Record<string, string>;
    apiUrl: string;
    uploadUrl: string;
    downloadUrl: string;
    capabilities: Record<string, { url?: string }>;
  };
  const accountId = body.primaryAccounts?.["urn:ietf:params:jmap:mail"];
  const webSocketUrl = body.capabilities?.["urn:ietf:params:jmap:websocket"]?.url;
  if (!accountId) throw new Error(`${url}: the session object names no mail account`);
  if (!webSocketUrl) throw new Error(`${url}: the session object names no WebSocket`);
  const { username, apiUrl, uploadUrl, downloadUrl } = body;
  return {
    session: { username, accountId, apiUrl, uploadUrl, downloadUrl, webSocketUrl },
    headers: response.headers as unknown as Headers,
  };
}

/** One request with one call. @returns the arguments of its answer @throws for a method-level error */
export async function callJmap(
  http: Http,
  session: JmapSession,
  authorization: string,
  call: Call,
): Promise<Record<string, unknown>> {
  const response = await http.fetch(session.apiUrl, {
    method: "POST",
    headers: { authorization, accept: "application/json", "content-type": "application/json" },
    body: JSON.stringify(requestOf(call)),
  });
  return answerTo(call, await jsonOf(response, session.apiUrl));
}

export function requestOf([name, args]: Call) {
  return { using: USING, methodCalls: [[name, args, "c0"]] };
}

export function answerTo([name]: Call, body: unknown): Record<string, unknown> {
  const { methodResponses } = body as { methodResponses?: [string, Record<string, unknown>, string][] };
  const [answer, args] = methodResponses?.[0] ?? [];
  if (answer !== name || !args) throw new Error(`${name} answered ${JSON.stringify(body).slice(0, 300)}`);
  return args;
}

/** @returns the blob's id */
export async function upload(
  http: Http,
  session: JmapSession,
  authorization: string,
  content: Buffer,
): Promise<string> {
  const url = expand(session.uploadUrl, { accountId: session.accountId });
  const response = await http.fetch(url, {
    method: "POST",
    headers: { authorization, accept: "application/json", "content-type": "application/octet-stream" },
    body: content,
  });
  const { blobId } = (await jsonOf(response, url, 201)) as { blobId?: string };
  if (!blobId) throw new Error(`${url}: the answer names no blobId`);
  return blobId;
}

export async function download(
  http: Http,
  session: JmapSession,
  authorization: string,
  blobId: string,
): Promise<Buffer> {
  const url = expand(session.downloadUrl, {
    accountId: session.accountId,
    blobId,
    name: "smoke.bin",
    type: "application/octet-stream",
  });
  const response = await http.fetch(url, { headers: { authorization } });
  if (response.status !== 200) throw new Error(await unexpected(response, url));
  return Buffer.from(await response.arrayBuffer());
}

/** Level 1 of URI templates (RFC 6570) is all that JMAP uses. */
export function expand(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ""));
}

async function jsonOf(response: Response, url: string, status = 200): Promise<unknown> {
  if (response.status !== status) throw new Error(await unexpected(response, url));
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${url} sent no JSON: ${text.slice(0, 200)}`);
  }
}

async function unexpected(response: Response, url: string): Promise<string> {
  const text = (await response.text())
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  return `${new URL(url).pathname} answered ${response.status}${text && `: ${text.slice(0, 200)}`}`;
}
