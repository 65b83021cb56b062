import type { Construct } from "constructs";
import { defined } from "../../../../kit/defined";
import { RealmObject, type Reference } from "../object/realm-object";
import { type IClientScope, type IRole, mentions, type OrName } from "../object/references";
import { configTexts, type RealmDraft } from "../object/representation";
import { mapperReferences } from "./mapper-references";
import type { ProtocolMapper } from "./protocol-mapper";
import { addScopeMappings } from "./scope-mappings";

export interface ClientScopeProps {
  /** What clients ask for in `scope`. @default the construct's id */
  readonly scopeName?: string;
  /** @default none */
  readonly description?: string;
  /** What it puts into tokens. @default nothing */
  readonly mappers?: readonly ProtocolMapper[];
  /** Clients that say nothing of their scopes get it, always or when they ask. @default "none" */
  readonly assignment?: "default" | "optional" | "none";
  /** Whether the token's `scope` names it. @default true */
  readonly includeInTokenScope?: boolean;
  /** Whether people are asked, by clients that ask. @default true */
  readonly displayOnConsentScreen?: boolean;
  /** What they are asked. @default the scope's name */
  readonly consentText?: string;
  /** Place among scopes when they are asked. @default none */
  readonly guiOrder?: number;
  /** Roles that a client with it sees in its tokens. @default none */
  readonly roles?: readonly OrName<IRole>[];
}

/**
 * A client scope. A realm with one has only those that it is given: `addStandardScopes()` adds Keycloak's own.
 * https://www.keycloak.org/docs/latest/server_admin/#_client_scopes
 */
export class ClientScope extends RealmObject implements IClientScope {
  readonly kind = "client scope";
  readonly scopeName: string;

  constructor(
    scope: Construct,
    id: string,
    readonly props: ClientScopeProps = {},
  ) {
    super(scope, id);
    this.scopeName = props.scopeName ?? id;
  }

  get objectName(): string {
    return this.scopeName;
  }

  addTo(realm: RealmDraft): void {
    const { description, mappers = [], assignment, includeInTokenScope = true, guiOrder } = this.props;
    const { displayOnConsentScreen = true, consentText } = this.props;
    realm.clientScopes = [
      ...(realm.clientScopes ?? []),
      {
        name: this.scopeName,
        ...defined({ description }),
        protocol: "openid-connect",
        attributes: configTexts({
          "include.in.token.scope": includeInTokenScope,
          "display.on.consent.screen": displayOnConsentScreen,
          "consent.screen.text": consentText,
          "gui.order": guiOrder,
        }),
        ...(mappers.length > 0 && { protocolMappers: mappers.map((mapper) => mapper.representation()) }),
      },
    ];
    addScopeMappings(realm, { clientScope: this.scopeName }, this.props.roles);
    if (assignment === "default") {
      realm.defaultDefaultClientScopes = [...(realm.defaultDefaultClientScopes ?? []), this.scopeName];
    } else if (assignment === "optional") {
      realm.defaultOptionalClientScopes = [...(realm.defaultOptionalClientScopes ?? []), this.scopeName];
    }
  }

  override references(): Reference[] {
    return [...mentions("roles", "role", this.props.roles), ...mapperReferences(this.props.mappers)];
  }
}
