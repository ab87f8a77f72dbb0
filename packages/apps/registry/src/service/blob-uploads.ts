import type { Sql } from "@homeport/kit/db/connect.ts";
import { algorithmOf, type Digest, finishHash } from "../digest.ts";
import { OciError } from "../errors.ts";
import type { BlobFiles } from "../ports.ts";
import type { RepositoryId } from "../repository.ts";
import { insertBlob } from "../store/blobs.ts";
import * as rows from "../store/uploads.ts";
import { createRunningHashes } from "./running-hashes.ts";

/** Larger than any layer that people push; a bound all the same. */
const MAX_BLOB_BYTES = 64 * 1024 ** 3;

/** A request that writes holds its upload this long without news from the client, so that a client may go on elsewhere. */
export type WriterTimes = { holdSeconds: number; renewMs: number };
const WRITER_TIMES: WriterTimes = { holdSeconds: 15, renewMs: 5_000 };
/** Hashing and syncing a large file takes a while; nobody else may write meanwhile. */
const FINISH_SECONDS = 600;

export type Chunk = {
  body: AsyncIterable<Uint8Array>;
  /** First and last byte as the client counts them, if it says so. */
  range: { start: number; end: number } | null;
};

/** An upload as it is named by a request. */
export type UploadKey = { id: string; repositoryId: RepositoryId; name: string };

export type BlobUploads = {
  start(repositoryId: RepositoryId): Promise<string>;
  /** How many bytes have arrived. @throws {OciError} BLOB_UPLOAD_UNKNOWN */
  size(key: UploadKey): Promise<number>;
  /** Appends a chunk and tells the new size. What arrived before a failure stays, to be resumed. @throws {OciError} */
  append(key: UploadKey, chunk: Chunk): Promise<number>;
  /** Appends the last chunk, if any, compares, and makes it a blob of the repository. @throws {OciError} DIGEST_INVALID ends the upload */
  finish(key: UploadKey, digest: Digest, chunk: Chunk | null): Promise<void>;
  /** @throws {OciError} BLOB_UPLOAD_UNKNOWN; BLOB_UPLOAD_INVALID while another request writes to it */
  cancel(key: UploadKey): Promise<void>;
};

export const createBlobUploads = (sql: Sql, files: BlobFiles, times = WRITER_TIMES): BlobUploads => {
  const hashes = createRunningHashes();

  const receive = async (key: UploadKey, writer: Writer, { body, range }: Chunk): Promise<number> => {
    const size = await files.uploadSize(key.id);
    if (range !== null && range.start !== size) throw outOfOrder(key, size);
    const hash = hashes.take(key.id, writer.previous, size);
    let newSize = size;
    try {
      await files.append(key.id, body, {
        offset: size,
        maxBytes: range === null ? MAX_BLOB_BYTES : Math.min(range.end + 1, MAX_BLOB_BYTES),
        beforeWrite: writer.renew,
        onBytes: (bytes) => {
          hash?.update(bytes);
          newSize += bytes.byteLength;
        },
      });
    } finally {
      if (hash !== null) hashes.keep(key.id, { writer: writer.token, size: newSize, hash });
    }
    if (range !== null && newSize !== range.end + 1) {
      throw new OciError("SIZE_INVALID", "The chunk is shorter than its Content-Range says.", {
        headers: progress(key, newSize),
      });
    }
    return newSize;
  };

  const forget = async (key: UploadKey, writer: Writer): Promise<void> => {
    hashes.forget(key.id);
    if (!(await rows.deleteUpload(sql, key.id, writer.token))) throw busy();
    await files.discard(key.id);
  };

  return {
    async start(repositoryId) {
      const id = Bun.randomUUIDv7();
      await rows.insertUpload(sql, id, repositoryId);
      return id;
    },
    async size(key) {
      if (!(await rows.hasUpload(sql, key.id, key.repositoryId))) throw unknownUpload();
      return files.uploadSize(key.id);
    },
    append: (key, chunk) => asWriter(sql, key, times, (writer) => receive(key, writer, chunk)),
    finish: (key, digest, chunk) =>
      asWriter(sql, key, { ...times, holdSeconds: FINISH_SECONDS }, async (writer) => {
        if (chunk !== null) await receive(key, writer, chunk);
        const size = await files.uploadSize(key.id);
        const running = hashes.take(key.id, chunk === null ? writer.previous : writer.token, size);
        const algorithm = algorithmOf(digest);
        const isRunning = running !== null && algorithm === "sha256";
        const actual = isRunning ? finishHash(algorithm, running) : await files.hashUpload(key.id, algorithm);
        if (actual !== digest) {
          await forget(key, writer);
          throw new OciError("DIGEST_INVALID", `What was uploaded has the digest ${actual}.`, { detail: { digest } });
        }
        await writer.confirm(); // hashing may outlast the hold, and what was hashed must be what becomes the blob
        // The file first: a row without a whole file would be a broken image, a file without a row is only not known.
        await files.commit(key.id, digest);
        await sql.begin(async (tx) => {
          if (!(await rows.deleteUpload(tx, key.id, writer.token))) throw busy();
          await insertBlob(tx, key.repositoryId, digest, size);
        });
      }),
    cancel: (key) => asWriter(sql, key, times, (writer) => forget(key, writer)),
  };
};

type Writer = {
  token: string;
  previous: string | null;
  /** Prolongs the hold once in a while. Both throw when another request has become the writer. */
  renew: () => Promise<void>;
  /** Prolongs it now. */
  confirm: () => Promise<void>;
};

/** Runs `write` while no other request, in this process or another, writes to the upload. */
const asWriter = async <T>(
  sql: Sql,
  { id, repositoryId }: UploadKey,
  { holdSeconds, renewMs }: WriterTimes,
  write: (writer: Writer) => Promise<T>,
): Promise<T> => {
  const token = Bun.randomUUIDv7();
  const taken = await rows.takeWriter(sql, id, repositoryId, token, holdSeconds);
  if (taken === null) throw (await rows.hasUpload(sql, id, repositoryId)) ? busy() : unknownUpload();
  let renewedAt = performance.now();
  const confirm = async () => {
    if (!(await rows.renewWriter(sql, id, token, holdSeconds))) throw busy();
    renewedAt = performance.now();
  };
  const renew = async () => {
    if (performance.now() - renewedAt >= renewMs) await confirm();
  };
  try {
    return await write({ token, previous: taken.previous, renew, confirm });
  } finally {
    await rows.releaseWriter(sql, id, token);
  }
};

/** Headers that tell a client where an upload stands: OCI distribution specification 1.1, "Pushing a blob in chunks". */
export const progress = ({ name, id }: UploadKey, size: number): Record<string, string> => ({
  location: `/v2/${name}/blobs/uploads/${id}`,
  range: `0-${Math.max(size - 1, 0)}`,
  "docker-upload-uuid": id,
});

const outOfOrder = (key: UploadKey, size: number) =>
  new OciError("RANGE_INVALID", `The next byte of this upload is byte ${size}.`, { headers: progress(key, size) });

const unknownUpload = () => new OciError("BLOB_UPLOAD_UNKNOWN", "There is no such upload.");

const busy = () => new OciError("BLOB_UPLOAD_INVALID", "Another request is writing to this upload.");
