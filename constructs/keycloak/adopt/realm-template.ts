import { Secret } from "../../workload/secret";
import type { RealmRepresentation } from "../representation/realm-template";
import { exportText } from "./export/export-text";
import { type Export, parseExport } from "./export/parse-export";
import {
  type Editable,
  forEachObject,
  isKnownField,
  join,
  type Leaf,
  leaves,
} from "./export/representation-objects";
import { type ExportFinding, findings, possibleSecrets } from "./findings";
import { type RealmOverrides, withOverrides } from "./overrides";
import { type RealmSecret, takeSecrets, withoutSecrets } from "./secrets/secrets";
import type { Note } from "./translation/field-rule";
import { translate } from "./translation/translate";
import { readTexts } from "./translation/typed-texts";
import { withoutDefaults } from "./translation/without-defaults";

export interface RealmTemplateOptions {
  /** Chooses among several realms, and names a fragment that has no name. @default the file's only realm */
  readonly realm?: string;
  /** On top of the file. @default none */
  readonly overrides?: RealmOverrides;
  /** What whoever made the text left out of it. @default nothing */
  readonly findings?: readonly ExportFinding[];
}

/** A field that Keycloak does not know: it would refuse the whole import. */
export interface UnknownField {
  readonly path: string;
  readonly value: unknown;
}

/** A realm from an export of Keycloak 8 to 26, or from a fragment of one, in the form that Keycloak 26 takes. */
export class RealmTemplate {
  /** Release that wrote the file; undefined in what people wrote. */
  readonly version: string | undefined;
  /** Without what Keycloak makes by itself, and without secrets. */
  readonly representation: RealmRepresentation;
  /** The same with the ids that the file has, by which objects that exist are known. */
  readonly identified: RealmRepresentation;
  /** Secrets of the file, as far as it shows them. */
  readonly secrets: readonly RealmSecret[];
  /** Fields of the file that Keycloak 26 does not have; they are not in the representation. */
  readonly unknown: readonly UnknownField[];
  /** Fields that are not in the representation as they were in the file. */
  readonly notes: readonly Note[];
  /** What a person has to look at. */
  readonly findings: readonly ExportFinding[];
  /** Every value of the file. */
  readonly source: readonly Leaf[];
  readonly #complete: RealmRepresentation;

  private constructor(read: Export, { overrides = {}, findings: leftOut = [] }: RealmTemplateOptions) {
    const { realm, version } = read;
    this.version = version;
    this.source = leaves(realm);
    delete realm.keycloakVersion;
    const texts = readTexts(realm);
    const { notes, added } = translate(realm, version);
    this.unknown = takeUnknown(realm);
    const identified = withOverrides(realm as unknown as RealmRepresentation, overrides);
    this.#complete = withoutIds(identified);
    const shown = structuredClone(identified) as unknown as Editable;
    const { secrets, dropped } = takeSecrets(shown);
    this.secrets = secrets;
    this.notes = [...dropped, ...notes, ...texts];
    this.findings = [
      ...leftOut,
      ...findings(identified as unknown as Editable),
      ...possibleSecrets(shown),
      ...added.map((what): ExportFinding => ({ path: "", kind: "added", what })),
    ];
    this.identified = withoutDefaults(shown as unknown as RealmRepresentation);
    this.representation = withoutIds(this.identified);
  }

  /**
   * @param path of a JSON file: an export of a realm, of a whole Keycloak, or a part of a realm; or of the folder of an export
   * @throws KitError with everything that is wrong with it
   */
  static fromFile(path: string, options: RealmTemplateOptions = {}): RealmTemplate {
    return RealmTemplate.parse(exportText(path), path, options);
  }

  /**
   * @param source what to call the text in errors
   * @throws KitError with everything that is wrong with it
   */
  static parse(text: string, source: string, options: RealmTemplateOptions = {}): RealmTemplate {
    return new RealmTemplate(parseExport(text, source, options.realm), options);
  }

  /** The secret of an object, if the file shows it: `client james`, `federation ldap`, `identity provider x`, `smtp`. */
  secretOf(object: string): Secret | undefined {
    const value = this.secrets.find((secret) => secret.object === object)?.value;
    return value === undefined ? undefined : new Secret(object, value);
  }

  /** For an import: with the file's secrets in clear. */
  importable(): RealmRepresentation {
    return structuredClone(this.#complete);
  }
}

/** Keycloak gives ids by itself; those of another realm would clash with it. */
const ids = new Set(["id", "internalId", "containerId", "parentId", "flowId", "serviceAccountClientLink"]);

function withoutIds(identified: RealmRepresentation): RealmRepresentation {
  const realm = structuredClone(identified) as unknown as Editable;
  const bound = new Set<unknown>();
  forEachObject(realm, (kind, { authenticationFlowBindingOverrides }) => {
    if (kind === "client")
      for (const id of Object.values(authenticationFlowBindingOverrides ?? {})) bound.add(id);
  });
  forEachObject(realm, (kind, object, path) => {
    // The policies of a client refer to one another by id, and a user of a federation has no other name.
    if (kind === "authorizationSettings" || /^federatedUsers\[[^.]*$/.test(path)) return;
    for (const field of Object.keys(object)) {
      // Clients refer to their flows.
      if (ids.has(field) && !bound.has(object[field])) delete object[field];
    }
  });
  return realm as unknown as RealmRepresentation;
}

function takeUnknown(realm: Editable): UnknownField[] {
  const found: UnknownField[] = [];
  forEachObject(realm, (kind, object, path) => {
    for (const [field, value] of Object.entries(object)) {
      // The ids that objects have are taken out as such.
      if (field === "id" || isKnownField(kind, field)) continue;
      delete object[field];
      found.push({ path: join(path, field), value: withoutSecrets(field, value) });
    }
  });
  return found;
}
