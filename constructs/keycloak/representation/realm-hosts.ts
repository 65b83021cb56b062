import { hostsOf } from "../../../kit/web-url";
import { componentType } from "./component-type";
import type { RealmRepresentation } from "./realm-template";

/** Host names that Keycloak connects to for a realm: directories, clients that it tells of logouts, its mail relay. */
export function hostsOfRealm({ components = {}, clients = [], smtpServer }: RealmRepresentation): string[] {
  const directories = (components[componentType.storage] ?? []) as readonly {
    config?: Readonly<Record<string, unknown>>;
  }[];
  const urls = [
    ...directories.flatMap(({ config }) => config?.connectionUrl ?? []),
    ...clients.flatMap(({ attributes }) => attributes?.["backchannel.logout.url"] ?? []),
  ];
  const relay = (smtpServer as { host?: string } | undefined)?.host;
  return [...urls.flatMap((url) => hostsOf(String(url))), ...(relay ? [relay] : [])];
}
