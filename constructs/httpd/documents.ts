import { type GatewayDocument, type GatewayRoute, isDocument } from "../gateway/gateway-route";
import type { ConfigFile } from "../workload/config-file";
import { quote } from "./syntax";

const folder = "/etc/apache2/kit-documents";

/** @param index of the host, in the order of the configuration */
const documentPath = (index: number, id: string) => `${folder}/${index}-${id}`;

/** The documents of a host. */
export function documentFiles(routes: readonly GatewayRoute[], index: number): ConfigFile[] {
  return routes.flatMap(({ id, target }) =>
    isDocument(target) ? [{ path: documentPath(index, id), content: target.document.text }] : [],
  );
}

/** Directives of one location. */
export function answerByDocument(id: string, { mediaType }: GatewayDocument, index: number): string[] {
  return [
    `Alias ${quote(documentPath(index, id))}`,
    `ForceType ${quote(mediaType)}`,
    // It would tell of the file system.
    "FileETag None",
  ];
}
