import type { Problem } from "../kit/errors";
import type { PlatformModel } from "../platform/model/platform-model";
import { snakeCase } from "./overrides";
import { writtenPath } from "./platform-settings";
import {
  bindSecretName,
  certificateSecrets,
  clientSecretName,
  databaseSecrets,
  secretNames,
  secretNamesOfRealm,
  secretProblem,
} from "./secrets";

/** Names of the secrets of each realm; those of the environment are with the first one's. */
function secretNamesOf(platform: PlatformModel): string[][] {
  const shared = secretNames
    .filter((name) => name !== "keycloakAdmin" || platform.services.keycloak.admin !== undefined)
    .map((name) => (name === "ldapAdmin" ? bindSecretName(platform) : name));
  return platform.realms.map(({ secretPrefix, clients, people, smokeUser }, index) => [
    ...(index === 0
      ? [...shared, ...databaseSecrets(platform), ...certificateSecrets(platform)]
      : secretNamesOfRealm.map((name) => `${secretPrefix}${name}`)),
    ...clients.others
      .filter(({ kind }) => kind === "confidential")
      .map(({ name }) => clientSecretName(name, secretPrefix)),
    ...new Set([...people.map(({ mail }) => mail), ...(smokeUser === undefined ? [] : [smokeUser])]),
  ]);
}

/** What is wrong with the secrets of an environment file, and with names that would give two of them one variable. */
export function secretProblems(
  secrets: Readonly<Record<string, string | undefined>>,
  platform: PlatformModel,
  place: (path: readonly PropertyKey[]) => string,
): Problem[] {
  const names = secretNamesOf(platform);
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
    ...names.slice(1).flatMap((own, index) =>
      own.flatMap((name) => {
        const variable = snakeCase(name);
        const owner = owners.get(variable);
        owners.set(variable, name);
        return owner === undefined || owner === name
          ? []
          : [
              {
                where: place(writtenPath(["realms", index + 1, "name"])),
                what: `secrets ${owner} and ${name} would have one variable, KIT_SECRET_${variable}`,
                fix: "Name the realm or the client otherwise",
              },
            ];
      }),
    ),
  ];
}

/** Variables that give no secret, one that cannot be, or several at once. */
export function secretVariableProblems(platform: PlatformModel, env: NodeJS.ProcessEnv): Problem[] {
  const names = secretNamesOf(platform).flat();
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
