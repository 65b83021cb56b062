import { snakeCase } from "../../values/apisix-value";
import { Plugin, type PluginOptions } from "../plugin/plugin";

/** Options of the kit's own kit-document (lua/apisix/plugins/kit-document.lua). */
export interface KitDocumentOptions extends PluginOptions {
  /** RFC 6838, e.g. `text/xml`. */
  readonly mediaType: string;
  readonly text: string;
}

/** Answers with a document, the same to anybody. The route needs no upstream. */
export function kitDocument({ meta, ...options }: KitDocumentOptions): Plugin {
  return new Plugin("kit-document", snakeCase(options), meta);
}
