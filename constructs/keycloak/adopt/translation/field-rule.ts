import type { Editable, RepresentationKind } from "../export/representation-objects";

/** What became of a field of the source that is not in the result as it was. */
export interface Note {
  /** The field, or what holds it. */
  readonly path: string;
  readonly kind: "translated" | "default" | "inexpressible";
  readonly reason: string;
}

/** What became of a field, and why. */
export type Verdict = Omit<Note, "path">;

export const translated = (reason: string): Verdict => ({ kind: "translated", reason });
export const ignored = (reason: string): Verdict => ({ kind: "default", reason });
export const lost = (reason: string): Verdict => ({ kind: "inexpressible", reason });

/** What Keycloak 26 has no more in objects of a kind, or reads otherwise. */
export interface FieldRule {
  readonly kind: RepresentationKind;
  /** It is for objects that have this field. */
  readonly field: string;
  /** Paths in the object that the verdict is about; "" is the object itself. @default the field */
  readonly about?: readonly string[];
  /** Changes the object; undefined when there is nothing to tell. */
  readonly apply: (object: Editable, value: never) => Verdict | undefined;
}

/** Moves a field's value to another name, unless that is given too. */
export function renamed(kind: RepresentationKind, from: string, to: string): FieldRule {
  return {
    kind,
    field: from,
    apply: (object, value: unknown) => {
      delete object[from];
      object[to] ??= value;
      return translated(`it is called ${to} now`);
    },
  };
}

export function removed(kind: RepresentationKind, field: string, reason: string): FieldRule {
  return {
    kind,
    field,
    apply: (object) => {
      delete object[field];
      return ignored(reason);
    },
  };
}
