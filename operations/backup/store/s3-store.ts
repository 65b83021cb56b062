import { Readable } from "node:stream";
import type * as Aws from "@aws-sdk/client-s3";
import { ExitCode, KitError, reasonOf } from "../../../kit/errors";
import { newestFirst, parseBackupName } from "./backup-file";
import type { BackupStore, S3Settings, StoredBackup } from "./backup-store";

/**
 * Bytes of a part of an upload. A store takes 10,000 parts, some stores only of one size, so that a backup has 335 GB at most; two of
 * them are in memory at once.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
const PART = 32 * 1024 * 1024;

/** Times that reading goes on where a connection was cut. */
const RESUMES = 5;

interface S3Place {
  readonly bucket: string;
  /** A key, or what keys begin with, without slashes around it. */
  readonly key: string;
}

/**
 * Backups in a bucket. An object has its name once all its parts are there and the store is told that it is whole; what was uploaded
 * of one that was not is no object, and nobody can read it.
 */
export async function s3Store(where: string, settings: S3Settings): Promise<BackupStore> {
  const { bucket, key: folder } = placeOf(where);
  const { aws, client } = await connect(settings);
  const prefix = folder === "" ? "" : `${folder}/`;
  const pathOf = (key: string) => `s3://${bucket}/${key}`;
  const nameIn = (key = "") => parseBackupName(key.slice(prefix.length));
  const asked = <T>(work: () => Promise<T>) => withStore(where, work);
  return {
    where,

    list: (environment) =>
      asked(async () => {
        const found = [];
        const pages = aws.paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix });
        for await (const { Contents = [] } of pages) found.push(...Contents);
        return newestFirst(
          found.flatMap(({ Key = "", Size: size = 0 }) => {
            const name = nameIn(Key);
            return !name || (environment !== undefined && name.environment !== environment)
              ? []
              : [{ ...name, path: pathOf(Key), size }];
          }),
        );
      }),

    prepare: (environment) =>
      asked(async () => {
        const input = { Bucket: bucket, Prefix: `${prefix}${environment}-` };
        const { Uploads = [] } = await client.send(new aws.ListMultipartUploadsCommand(input));
        const left = Uploads.filter(({ Key }) => nameIn(Key)?.environment === environment);
        for (const { Key, UploadId } of left) {
          await client.send(new aws.AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
        }
        return left.map(({ Key = "" }) => pathOf(Key));
      }),

    write: (name, bytes) =>
      asked(async () => {
        const { Upload } = await import("@aws-sdk/lib-storage");
        const Key = `${prefix}${name}`;
        let size = 0;
        const counted = async function* () {
          for await (const chunk of bytes) {
            size += chunk.length;
            yield chunk;
          }
        };
        // It tells the store that all is there when the bytes have come to their end, and to forget them when they have failed.
        const Body = Readable.from(counted(), { objectMode: false });
        const params = { Bucket: bucket, Key, Body, ContentType: "application/octet-stream" };
        try {
          await new Upload({ client, params, partSize: PART, queueSize: 2 }).done();
        } finally {
          Body.destroy();
        }
        return { path: pathOf(Key), size };
      }),

    remove: (path) =>
      asked(async () => {
        await client.send(new aws.DeleteObjectCommand({ Bucket: bucket, Key: placeOf(path).key }));
      }),
  };
}

/** A backup in a bucket. @throws KitError where there is none */
export async function storedObject(path: string, settings: S3Settings): Promise<StoredBackup> {
  const { bucket, key } = placeOf(path);
  const { aws, client } = await connect(settings);
  const { ContentLength: size = 0, ETag: etag } = await withStore(path, () =>
    client.send(new aws.HeadObjectCommand({ Bucket: bucket, Key: key })),
  );
  /** A restore reads slowly, and stores cut connections that wait: it goes on where it was, of the same object. */
  async function* bytes(): AsyncGenerator<Uint8Array> {
    let at = 0;
    for (let tries = 0; at < size; tries += 1) {
      const before = at;
      try {
        const Range = `bytes=${at}-`;
        const input = { Bucket: bucket, Key: key, Range, ...(etag !== undefined && { IfMatch: etag }) };
        const { Body } = await client.send(new aws.GetObjectCommand(input));
        for await (const chunk of Body as Readable) {
          at += chunk.length;
          yield chunk;
        }
        if (at < size) throw new Error("the store has ended the connection");
      } catch (error) {
        if (at > before) tries = 0;
        if (error instanceof aws.S3ServiceException || tries >= RESUMES) throw storeError(path, error);
      }
    }
  }
  return { path, size, bytes };
}

function placeOf(where: string): S3Place {
  const [, bucket = "", key = ""] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(\/.*)?$/.exec(where) ?? [];
  if (bucket !== "") return { bucket, key: key.replace(/^\/+|\/+$/g, "") };
  throw new KitError("this is no place in an S3 store", [
    { what: "no bucket is named", got: where, allowed: "s3://bucket or s3://bucket/prefix" },
  ]);
}

/** Who comes is told by the environment's `AWS_…` variables, the files of `~/.aws` or the machine, as to every program of AWS. */
async function connect({ endpoint, region, pathStyle }: S3Settings) {
  const aws = await importSdk();
  const { AWS_REGION, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env;
  const own = endpoint ?? AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL;
  const said = region ?? AWS_REGION ?? AWS_DEFAULT_REGION ?? (own === undefined ? undefined : "us-east-1");
  const client = new aws.S3Client({
    ...(endpoint !== undefined && { endpoint }),
    ...(said !== undefined && { region: said }),
    forcePathStyle: pathStyle ?? own !== undefined,
    // Not every store knows the checksums that AWS's has had since 2025. What comes back is checked by its decryption.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  return { aws, client };
}

/** It warns of old releases of Node.js by itself, which is the kit's to say. */
async function importSdk(): Promise<typeof Aws> {
  const variable = "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED";
  process.env[variable] ??= "true";
  return import("@aws-sdk/client-s3");
}

async function withStore<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storeError(where, error);
  }
}

const fixes: Readonly<Record<string, string>> = {
  CredentialsProviderError:
    "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, as for every program of AWS",
  NoSuchBucket: "Make the bucket first: the kit makes none",
  PermanentRedirect: "Name the bucket's region: backup.s3.region, or AWS_REGION",
};

/** What the store, or the way to it, has said. What else is thrown, as by a database that is read, is no fault of it. */
function storeError(where: string, error: unknown): unknown {
  if (error instanceof KitError || !(error instanceof Error)) return error;
  const { name, message, $metadata, code } = error as Error & {
    readonly $metadata?: { readonly httpStatusCode?: number };
    readonly code?: string;
  };
  const status = $metadata?.httpStatusCode;
  if (status === 404 && name !== "NoSuchBucket") {
    return new KitError("there is no such backup", [{ where, what: "no such object" }], { cause: error });
  }
  const isOfStore =
    $metadata !== undefined ||
    (code !== undefined && !("path" in error)) ||
    name === "CredentialsProviderError" ||
    /region/i.test(message);
  if (!isOfStore) return error;
  const what = [name === "Error" ? code : name, reasonOf(error)].filter(
    (part) => part && part !== "UnknownError",
  );
  const fix = fixes[name] ?? (/Region is missing/.test(message) ? fixes.PermanentRedirect : undefined);
  return new KitError(
    "the store of backups does not do it",
    [{ where, what: [...new Set(what)].join(": "), ...(fix !== undefined && { fix }) }],
    {
      exitCode: status === undefined || status >= 500 ? ExitCode.deployment : ExitCode.badInput,
      cause: error,
    },
  );
}
