import { builtInClients } from "../constructs/keycloak/built-in-clients";
import type { RealmRepresentation } from "../constructs/keycloak/realm-template";
import type { Problem } from "../kit/errors";
import { normalizeMailAddress } from "../kit/mail-address";
import type { CompleteSettings } from "./derived-defaults";
import { snakeCase } from "./overrides";
import { secretPrefixOf } from "./realms";
import { clientSecretName, secretNames, secretNamesOfRealm, secretProblem } from "./secrets";
import type { Settings } from "./settings";

type Path = readonly PropertyKey[];
type Place = (path: Path) => string;

/** The settings of one realm, and where they are. */
interface Part extends Pick<CompleteSettings, "domain" | "clients" | "people"> {
  readonly path: Path;
  readonly namePath: Path;
  readonly name: string;
  readonly hosts: Readonly<Record<string, string>>;
  readonly ports: Readonly<Record<string, number | null>>;
  readonly secretPrefix: string;
}

function partsOf(settings: CompleteSettings): Part[] {
  const { realm, realms } = settings;
  return [
    { ...settings, path: [], namePath: ["realm", "name"], name: realm.name, secretPrefix: "" },
    ...realms.map((further, index) => ({
      ...further,
      path: ["realms", index],
      namePath: ["realms", index, "name"],
      secretPrefix: secretPrefixOf(further.name),
    })),
  ];
}

/** What is wrong between the realms of an environment, and in each of them. */
export function realmProblems(settings: CompleteSettings, place: Place): Problem[] {
  const parts = partsOf(settings);
  return [
    ...clashes(
      parts.map(({ name, namePath }) => ({ value: name, path: namePath })),
      place,
    ),
    ...clashes(
      parts.map(({ domain, path }) => ({ value: domain, path: [...path, "domain"] })),
      place,
    ),
    ...clashes(
      parts.flatMap(({ people, path }) =>
        people.map(({ mail }, index) => ({
          value: normalizeMailAddress(mail),
          path: [...path, "people", index, "mail"],
        })),
      ),
      place,
    ),
    ...(["ports", "hosts"] as const).flatMap((section) =>
      clashes(
        parts.flatMap((part) =>
          Object.entries(part[section]).map(([key, value]) => ({
            value,
            path: [...part.path, section, key],
          })),
        ),
        place,
      ),
    ),
    ...parts.slice(1).flatMap(({ domain, path }) =>
      /(^|\.)\d/.test(domain)
        ? [
            {
              where: place([...path, "domain"]),
              what: "James cannot keep apart the people of a domain whose label begins with a digit",
              got: domain,
              fix: "Make it the first realm's",
            },
          ]
        : [],
    ),
    ...parts.flatMap(({ domain, people, path }) =>
      people.flatMap(({ mail }, index) =>
        mail.endsWith(`@${domain}`)
          ? []
          : [
              {
                where: place([...path, "people", index, "mail"]),
                what: "not in the mail domain",
                got: mail,
                allowed: `an address that ends with @${domain}`,
              },
            ],
      ),
    ),
    ...secretProblems(settings, parts, place),
  ];
}

/** Values that must differ; the later ones are told. */
function clashes(settings: readonly { value: unknown; path: Path }[], place: Place): Problem[] {
  const owners = new Map<unknown, Path>();
  return settings.flatMap(({ value, path }) => {
    if (value === null) return [];
    const owner = owners.get(value);
    owners.set(value, path);
    return owner ? [{ where: place(path), what: `${owner.join(".")} has it already`, got: value }] : [];
  });
}

/** Names of the secrets of each realm; those of the environment are with the first one's. */
function secretNamesOf(parts: readonly Part[]): string[][] {
  return parts.map(({ secretPrefix, clients, people }, index) => [
    ...(index === 0 ? secretNames : secretNamesOfRealm.map((name) => `${secretPrefix}${name}`)),
    ...clients.others
      .filter(({ kind }) => kind === "confidential")
      .map(({ name }) => clientSecretName(name, secretPrefix)),
    ...people.map(({ mail }) => mail),
  ]);
}

function secretProblems({ secrets }: CompleteSettings, parts: readonly Part[], place: Place): Problem[] {
  const names = secretNamesOf(parts);
  const known = names.flat();
  const owners = new Map(names[0]?.map((name) => [snakeCase(name), name]));
  return [
    ...Object.keys(secrets)
      .filter((name) => !known.includes(name))
      .map((name) => ({
        where: place(["secrets", name]),
        what: "no secret has this name",
        allowed: known,
      })),
    ...Object.entries(secrets).flatMap(([name, value]) => {
      const problem = value === undefined || !known.includes(name) ? undefined : secretProblem(name, value);
      return problem ? [{ where: place(["secrets", name]), ...problem }] : [];
    }),
    // One variable would give two secrets.
    ...parts.slice(1).flatMap(({ namePath }, index) =>
      (names[index + 1] ?? []).flatMap((name) => {
        const variable = snakeCase(name);
        const owner = owners.get(variable);
        owners.set(variable, name);
        return owner === undefined || owner === name
          ? []
          : [
              {
                where: place(namePath),
                what: `secrets ${owner} and ${name} would have one variable, KIT_SECRET_${variable}`,
                fix: "Name the realm or the client otherwise",
              },
            ];
      }),
    ),
  ];
}

/** Variables that give no secret, one that cannot be, or several at once. */
export function secretVariableProblems(settings: CompleteSettings, env: NodeJS.ProcessEnv): Problem[] {
  const names = secretNamesOf(partsOf(settings)).flat();
  const known = new Map<string, string[]>();
  for (const name of names) {
    const variable = `KIT_SECRET_${snakeCase(name)}`;
    known.set(variable, [...(known.get(variable) ?? []), name]);
  }
  return Object.entries(env)
    .filter(([variable, value]) => variable.startsWith("KIT_SECRET_") && value !== undefined)
    .flatMap(([variable, value]): Problem[] => {
      const byFile = !known.has(variable);
      const [name, ...others] = known.get(byFile ? variable.replace(/_FILE$/, "") : variable) ?? [];
      if (name === undefined) {
        return [{ where: variable, what: "no secret has this variable", allowed: [...known.keys()] }];
      }
      if (others.length > 0) {
        return [
          {
            where: variable,
            what: `it would give the secrets of ${[name, ...others].join(" and ")} alike`,
            fix: "Give them by `secrets` of the environment file, or leave them to the kit",
          },
        ];
      }
      const problem = byFile || !value ? undefined : secretProblem(name, value);
      return problem ? [{ where: variable, ...problem }] : [];
    });
}

/** Names of a realm's `clients.others` that are others' already. */
export function clientNameProblems(
  { others }: Settings["clients"],
  template: RealmRepresentation | undefined,
  path: Path,
  place: Place,
): Problem[] {
  const owners = new Map<string, string>([
    ...[...builtInClients].map((name) => [name, "Keycloak's own"] as const),
    ...(template?.clients ?? []).map(
      ({ clientId = "" }) => [clientId, "a client of the realm template"] as const,
    ),
    ...["oidc", "james-thunderbird", "james", "kit-smoke"].map((name) => [name, "the kit's own"] as const),
  ]);
  return others.flatMap(({ name }, index) => {
    const owner = owners.get(name);
    owners.set(name, `clients.others.${index}`);
    if (!owner) return [];
    const what = owner.startsWith("clients.") ? `${owner} has this name` : `the name is taken: ${owner}`;
    return [
      {
        where: place([...path, "clients", "others", index, "name"]),
        what,
        got: name,
        fix: "Choose another name",
      },
    ];
  });
}
