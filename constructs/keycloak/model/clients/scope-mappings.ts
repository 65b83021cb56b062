import { type IRole, type OrName, rolesByOwner } from "../object/references";
import type { RealmDraft } from "../object/representation";

type Holder = { readonly client: string } | { readonly clientScope: string };

/** Lets roles into the tokens of a client, or of clients with a scope, that do not show every role. */
export function addScopeMappings(
  realm: RealmDraft,
  holder: Holder,
  roles: readonly OrName<IRole>[] = [],
): void {
  const owned = rolesByOwner(roles);
  if (owned.realm.length > 0) {
    realm.scopeMappings = [...(realm.scopeMappings ?? []), { ...holder, roles: owned.realm }];
  }
  for (const [client, names] of Object.entries(owned.client)) {
    const mappings = (realm.clientScopeMappings ?? {}) as Record<string, object[]>;
    realm.clientScopeMappings = {
      ...mappings,
      [client]: [...(mappings[client] ?? []), { ...holder, roles: names }],
    };
  }
}
