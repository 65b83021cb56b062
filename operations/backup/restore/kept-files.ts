import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SecretStore } from "../../../config/secrets";
import { makeFolder, withFiles } from "../../../kit/file-system";
import { formatBytes } from "../../../kit/format-bytes";
import { environmentDirectory, identityStateFile } from "../../deployment/deployment";
import { kitMembers } from "../archive/format";
import { type ReadArchive, readArchive } from "../archive/read-archive";
import type { StoredBackup } from "../store/backup-store";

/** A backup that is whole, with what the kit keeps of an environment. */
export interface VerifiedBackup extends ReadArchive {
  readonly secrets: Buffer;
  /** Empty where Keycloak's provider made nothing. */
  readonly identityState: Buffer;
}

/** Reads a whole backup, and changes nothing. @throws KitError as `readArchive` */
export async function verifyBackup(
  backup: StoredBackup,
  identities: readonly string[],
  detail: (text: string) => void,
): Promise<VerifiedBackup> {
  const kept: Record<string, Buffer> = {};
  const read = await readArchive(backup, identities, {
    onMember: async (name, bytes) => {
      if (!(Object.values(kitMembers) as string[]).includes(name)) return;
      const all: Buffer[] = [];
      for await (const chunk of bytes) all.push(chunk);
      kept[name] = Buffer.concat(all);
    },
    onProgress: (bytes, size) => detail(`${formatBytes(bytes)} of ${formatBytes(size)}`),
  });
  const of = (name: string) => kept[name] ?? Buffer.alloc(0);
  return { ...read, secrets: of(kitMembers.secrets), identityState: of(kitMembers.identityState) };
}

/** Does something with the secrets of a backup, which are in a private file as long as that takes. */
export function withSecretsOf<T>(
  { secrets }: Pick<VerifiedBackup, "secrets">,
  fixed: Readonly<Record<string, string | undefined>>,
  work: (store: SecretStore) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-restore-"));
  try {
    writeFileSync(join(folder, "secrets.json"), secrets, { mode: 0o600 });
    return work(new SecretStore(join(folder, "secrets.json"), { fixed, env: process.env }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Writes secrets and state where an environment has them. */
export function writeKept(environment: string, { secrets, identityState }: VerifiedBackup): void {
  const directory = environmentDirectory(environment);
  withFiles(() => {
    makeFolder(directory, 0o700);
    writeFileSync(join(directory, "secrets.json"), secrets, { mode: 0o600 });
    if (identityState.length > 0)
      writeFileSync(identityStateFile(environment), identityState, { mode: 0o600 });
  });
}
