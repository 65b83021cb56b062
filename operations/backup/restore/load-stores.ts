import { formatBytes } from "../../../kit/format-bytes";
import type { Deployment } from "../../deployment/deployment";
import { databaseMember, REDIS } from "../archive/format";
import { type ReadArchive, readArchive } from "../archive/read-archive";
import { restoreDump } from "../sources/databases";
import { loadCommands } from "../sources/redis";
import type { StoredBackup } from "../store/backup-store";
import { databasesOf, redisOf } from "../stores";

/**
 * Gives the stores of an environment what is in a backup. They run and are empty; nobody else does.
 *
 * @throws KitError when one does not take it, or the backup is not whole: what was taken by then stays
 */
export async function loadStores(
  backup: StoredBackup,
  identities: readonly string[],
  { environment }: Deployment,
  detail: (text: string) => void,
): Promise<ReadArchive> {
  const databases = databasesOf(environment);
  const redis = redisOf(environment);
  return readArchive(backup, identities, {
    onMember: async (name, bytes) => {
      const told = counted(bytes, (total) => detail(`${name}, ${formatBytes(total)}`));
      const place = databases.find(({ database }) => databaseMember(database) === name);
      if (place) await restoreDump(place, told);
      else if (redis && name === REDIS) await loadCommands(redis, told);
    },
  });
}

async function* counted(bytes: AsyncIterable<Buffer>, tell: (total: number) => void): AsyncGenerator<Buffer> {
  let total = 0;
  for await (const chunk of bytes) {
    total += chunk.length;
    tell(total);
    yield chunk;
  }
}
