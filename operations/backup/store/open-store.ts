import type { BackupStore, S3Settings, StoredBackup } from "./backup-store";
import { folderStore, storedFile } from "./folder-store";

const isS3 = (where: string) => where.startsWith("s3://");

/** @param where a folder, or `s3://bucket/prefix` @param settings asked for where it is in an S3 store */
export async function openStore(where: string, settings: () => S3Settings): Promise<BackupStore> {
  if (!isS3(where)) return folderStore(where);
  const { s3Store } = await import("./s3-store.js");
  return s3Store(where, settings());
}

/** @param path of a file, or `s3://bucket/key` @param settings asked for where it is in an S3 store @throws KitError where there is none */
export async function openBackup(path: string, settings: () => S3Settings): Promise<StoredBackup> {
  if (!isS3(path)) return storedFile(path);
  const { storedObject } = await import("./s3-store.js");
  return storedObject(path, settings());
}
