import type { ProtocolMapper } from "./protocol-mapper";
import type { Reference } from "./realm-object";
import { mentions } from "./references";

/** The clients that mappers are about. */
export function mapperReferences(mappers: readonly ProtocolMapper[] = []): Reference[] {
  return mappers.flatMap(({ name, client }) => mentions(`mappers.${name}`, "client", client));
}
