import { openJmapSocket, UpgradeRefused } from "../clients/jmap-websocket";
import type { SmokeContext } from "./context";

/** The entrances that a token opens; the account's name does not matter to who is refused before. */
const entrances = [
  ["GET", "/oidc/jmap/session"],
  ["POST", "/oidc/jmap"],
  ["POST", "/oidc/upload/smoke"],
  ["GET", "/oidc/download/smoke/smoke"],
] as const;

/**
 * Knocks at every entrance and at the WebSocket.
 *
 * @param authorization value of the Authorization header; none is sent without it
 * @returns those that did not answer 401: "POST /oidc/jmap answered 200"
 */
export async function notRefused(
  context: SmokeContext,
  authorization: string | undefined,
  extra: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const { http, target } = context;
  const headers = { ...extra, ...(authorization && { authorization }) };
  const statuses = entrances.map(async ([method, path]) => {
    const body = method === "POST" ? { body: "{}" } : {};
    const status = await statusOf(context, path, { method, headers, ...body });
    return status === 401 ? [] : [`${method} ${path} answered ${status}`];
  });
  const webSocket = async () => {
    const url = `${target.gatewayUrl.replace(/^http/, "ws")}/oidc/jmap/ws`;
    try {
      (await openJmapSocket(http, url, authorization)).close();
      return ["the WebSocket was opened"];
    } catch (error) {
      if (!(error instanceof UpgradeRefused)) throw error;
      return error.status === 401 ? [] : [error.message];
    }
  };
  return (await Promise.all([...statuses, webSocket()])).flat();
}

/** Status of a request to the gateway; its body is thrown away. */
export function statusOf(context: SmokeContext, path: string, init?: Request): Promise<number> {
  return statusAt(context, `${context.target.gatewayUrl}${path}`, init);
}

/** Status of a request to a URL; its body is thrown away. */
export async function statusAt(
  { http }: SmokeContext,
  url: string | URL,
  init: Request = {},
): Promise<number> {
  const response = await http.fetch(url, init);
  await response.arrayBuffer();
  return response.status;
}

interface Request {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}
