import type { Construct } from "constructs";
import type { Secret } from "../../../workload/secret";
import { RealmObject } from "../object/realm-object";
import {
  addComponent,
  componentType,
  configLists,
  type RealmDraft,
  type SecretConfig,
} from "../object/representation";

interface Options {
  /** The highest is used to sign; the others still verify. @default 100 */
  readonly priority?: number;
  /** Whether it is used at all. @default true */
  readonly enabled?: boolean;
  /** Whether it signs; otherwise it only verifies. @default true */
  readonly active?: boolean;
}

type RsaAlgorithm = "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512";

/** Where keys of a realm come from. https://www.keycloak.org/docs/latest/server_admin/#realm_keys */
export class KeySource {
  private constructor(
    readonly providerId: string,
    readonly config: SecretConfig,
  ) {}

  /** A source that has no factory here, by the id of its provider. */
  static custom(providerId: string, config: SecretConfig): KeySource {
    return new KeySource(providerId, config);
  }

  /** RSA keys that Keycloak makes. */
  static rsaGenerated(
    options: Options & { algorithm?: RsaAlgorithm; keySize?: 2048 | 3072 | 4096 } = {},
  ): KeySource {
    const { algorithm = "RS256", keySize = 2048 } = options;
    return KeySource.custom("rsa-generated", { ...commonConfig(options), algorithm, keySize });
  }

  /** RSA keys to encrypt with, that Keycloak makes. */
  static rsaEncryptionGenerated(
    options: Options & {
      algorithm?: "RSA-OAEP" | "RSA-OAEP-256" | "RSA1_5";
      keySize?: 2048 | 3072 | 4096;
    } = {},
  ): KeySource {
    const { algorithm = "RSA-OAEP", keySize = 2048 } = options;
    return KeySource.custom("rsa-enc-generated", { ...commonConfig(options), algorithm, keySize });
  }

  /** Keys on an elliptic curve that Keycloak makes: ES256 on P-256, and so on. */
  static ecdsaGenerated(options: Options & { curve?: "P-256" | "P-384" | "P-521" } = {}): KeySource {
    const { curve = "P-256" } = options;
    return KeySource.custom("ecdsa-generated", { ...commonConfig(options), ecdsaEllipticCurveKey: curve });
  }

  /** Secrets for HMAC that Keycloak makes, for its own cookies and refresh tokens. `secretSize` in bytes. */
  static hmacGenerated(
    options: Options & { algorithm?: "HS256" | "HS384" | "HS512"; secretSize?: number } = {},
  ): KeySource {
    const { algorithm = "HS512", secretSize } = options;
    return KeySource.custom("hmac-generated", { ...commonConfig(options), algorithm, secretSize });
  }

  /** Secrets for AES that Keycloak makes. `secretSize` in bytes. */
  static aesGenerated(options: Options & { secretSize?: 16 | 24 | 32 } = {}): KeySource {
    return KeySource.custom("aes-generated", { ...commonConfig(options), secretSize: options.secretSize });
  }

  /** An RSA key of one's own, as PEM. */
  static rsa(
    options: Options & { privateKey: Secret; certificate?: string; algorithm?: RsaAlgorithm },
  ): KeySource {
    const { privateKey, certificate, algorithm = "RS256" } = options;
    return KeySource.custom("rsa", { ...commonConfig(options), algorithm, privateKey, certificate });
  }
}

function commonConfig({ priority = 100, enabled = true, active = true }: Options): SecretConfig {
  return { priority, enabled, active };
}

/** Keys of a realm. Keycloak makes keys by itself only in a realm that is given none. */
export class RealmKeys extends RealmObject {
  readonly kind = "keys";

  constructor(
    scope: Construct,
    id: string,
    readonly source: KeySource,
  ) {
    super(scope, id);
  }

  get objectName(): string {
    return this.node.id;
  }

  addTo(realm: RealmDraft): void {
    const { providerId, config } = this.source;
    addComponent(realm, componentType.keys, {
      name: this.objectName,
      providerId,
      config: configLists(config),
    });
  }
}
