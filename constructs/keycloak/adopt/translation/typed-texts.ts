import { bareRealm } from "../../compare/bare-realm";
import { fieldDefaults } from "../../compare/defaults";
import {
  type Editable,
  forEachObject,
  join,
  type RepresentationKind,
} from "../export/representation-objects";
import { type Note, translated } from "./field-rule";

type Type = "boolean" | "number";

/** Fields that a bare realm does not show. */
const notInBareRealm: Partial<Record<RepresentationKind, Readonly<Record<string, Type>>>> = {
  realm: { notBefore: "number", eventsExpiration: "number" },
  client: { notBefore: "number", nodeReRegistrationTimeout: "number", directGrantsOnly: "boolean" },
  execution: { autheticatorFlow: "boolean", authenticatorFlow: "boolean", priority: "number" },
  user: { notBefore: "number", createdTimestamp: "number" },
};

/** Fields that are no texts, by kind of object. */
const fieldTypes: ReadonlyMap<RepresentationKind, ReadonlyMap<string, Type>> = typesOfFields();

function typesOfFields(): Map<RepresentationKind, Map<string, Type>> {
  const found = new Map<RepresentationKind, Map<string, Type>>();
  const add = (kind: RepresentationKind, field: string, type: string) => {
    if (type !== "boolean" && type !== "number") return;
    found.set(kind, (found.get(kind) ?? new Map<string, Type>()).set(field, type));
  };
  forEachObject(bareRealm("") as unknown as Editable, (kind, object) => {
    for (const [field, value] of Object.entries(object)) add(kind, field, typeof value);
  });
  for (const [kind, fields] of Object.entries(fieldDefaults)) {
    for (const [field, value] of Object.entries(fields)) add(kind as RepresentationKind, field, typeof value);
  }
  for (const [kind, fields] of Object.entries(notInBareRealm)) {
    for (const [field, type] of Object.entries(fields)) add(kind as RepresentationKind, field, type);
  }
  return found;
}

/** Makes switches and numbers of texts, in place, where Keycloak reads them so: `"enabled": "true"`. */
export function readTexts(realm: Editable): Note[] {
  const notes: Note[] = [];
  forEachObject(realm, (kind, object, path) => {
    for (const [field, type] of fieldTypes.get(kind) ?? []) {
      const text = object[field];
      const value = typeof text === "string" ? valueIn(text.trim(), type) : undefined;
      if (value === undefined) continue;
      object[field] = value;
      notes.push({ path: join(path, field), ...translated(`${value}, as Keycloak reads the text`) });
    }
  });
  return notes;
}

/** Of the forms that Keycloak's JSON reader takes. */
function valueIn(text: string, type: Type): boolean | number | undefined {
  if (type === "number") return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  return /^(?:false|False|FALSE)$/.test(text) ? false : undefined;
}
