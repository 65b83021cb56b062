import type { Reference } from "../object/realm-object";
import { mentions } from "../object/references";
import type { ProtocolMapper } from "./protocol-mapper";

/** The clients that mappers are about. */
export function mapperReferences(mappers: readonly ProtocolMapper[] = []): Reference[] {
  return mappers.flatMap(({ name, client }) => mentions(`mappers.${name}`, "client", client));
}
