import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OrganisationId } from "@homeport/kit/ids.ts";
import { startTestApp, type TestApp } from "../../../kit/test/app.ts";
import { type TestDatabase, testDatabase } from "../../../kit/test/database.ts";
import { waitFor } from "../../../kit/test/wait-for.ts";
import { blobFilesIn } from "../src/adapters/blob-files.ts";
import { type Digest, hexOf } from "../src/digest.ts";
import type { OciError } from "../src/errors.ts";
import { app as registry } from "../src/index.ts";
import { createBlobUploads, type UploadKey } from "../src/service/blob-uploads.ts";
import { createBlobs } from "../src/service/blobs.ts";
import { sweepUploads } from "../src/service/upload-sweep.ts";
import { ensureRepository } from "../src/store/repositories.ts";
import { ociClient } from "./oci-client.ts";
import { randomBlob, type TestBlob } from "./oci-image.ts";

setDefaultTimeout(60_000); // the first start builds assets and migrates a database

let database: TestDatabase;
let dir: string;

beforeAll(async () => {
  database = await testDatabase([{ app: "registry", dir: join(import.meta.dir, "../src/migrations"), jobs: true }]);
  dir = mkdtempSync(join(tmpdir(), "hp-registry-"));
});
afterAll(async () => {
  await database.drop();
  rmSync(dir, { recursive: true, force: true });
});

/** The services over their own memory, as after a start of the process. */
const start = () => {
  const sql = database.connect("registry");
  const files = blobFilesIn(dir);
  return { sql, files, uploads: createBlobUploads(sql, files), blobs: createBlobs(sql, files) };
};
const newRepository = () =>
  ensureRepository(
    database.admin,
    `home/r${Bun.randomUUIDv7().replaceAll("-", "")}`,
    Bun.randomUUIDv7() as OrganisationId,
  );
const bodyOf = (...parts: Uint8Array[]) => ({
  body: new Blob(parts as Uint8Array<ArrayBuffer>[]).stream() as unknown as AsyncIterable<Uint8Array>,
  range: null,
});
const pathOf = ({ digest }: TestBlob) => {
  const hex = hexOf(digest as Digest);
  return join(dir, "blobs", "sha256", hex.slice(0, 2), hex);
};

test("an upload goes on after a restart where its file ends", async () => {
  const repository = await newRepository();
  const blob = randomBlob(100_000);
  const before = start();
  const id = await before.uploads.start(repository.id);
  const key: UploadKey = { id, repositoryId: repository.id, name: repository.name };
  expect(await before.uploads.append(key, bodyOf(blob.bytes.slice(0, 60_000)))).toBe(60_000);
  const after = start();
  expect(await after.uploads.size(key)).toBe(60_000);
  const rest = { ...bodyOf(blob.bytes.slice(60_000)), range: { start: 60_000, end: 99_999 } };
  await after.uploads.finish(key, blob.digest as Digest, rest);
  const stored = await after.blobs.get(repository, blob.digest as Digest);
  expect(new Uint8Array(await stored.bytes.arrayBuffer())).toEqual(blob.bytes);
});

test("what arrived before the connection broke stays, and the hash goes on from there", async () => {
  const repository = await newRepository();
  const blob = randomBlob(50_000);
  const { uploads, blobs } = start();
  const id = await uploads.start(repository.id);
  const key: UploadKey = { id, repositoryId: repository.id, name: repository.name };
  async function* broken() {
    yield blob.bytes.slice(0, 20_000);
    throw new DOMException("The connection was closed.", "AbortError");
  }
  await expect(uploads.append(key, { body: broken(), range: null })).rejects.toMatchObject({ code: "invalid" });
  await waitFor(async () => (await uploads.size(key)) === 20_000);
  await waitFor(() => uploads.append(key, bodyOf(blob.bytes.slice(20_000))).catch(() => null));
  await uploads.finish(key, blob.digest as Digest, null);
  expect((await blobs.get(repository, blob.digest as Digest)).sizeBytes).toBe(50_000);
});

/** Stops at the end of the next hashing of an upload, until `goOn`. */
const startWithSlowHash = () => {
  const { sql, files } = start();
  const hashed = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const slow: typeof files = {
    ...files,
    async hashUpload(id, algorithm) {
      const digest = await files.hashUpload(id, algorithm);
      hashed.resolve();
      await held.promise;
      return digest;
    },
  };
  return { uploads: createBlobUploads(sql, slow), hashed: hashed.promise, goOn: held.resolve };
};

test("an upload that is being finished cannot be cancelled, and a blob of others stays whole", async () => {
  const [owner, intruder] = [await newRepository(), await newRepository()];
  const { uploads, blobs } = start();
  const blob = randomBlob(50_000);
  const first = await uploads.start(owner.id);
  await uploads.finish(
    { id: first, repositoryId: owner.id, name: owner.name },
    blob.digest as Digest,
    bodyOf(blob.bytes),
  );
  const key: UploadKey = { id: await uploads.start(intruder.id), repositoryId: intruder.id, name: intruder.name };
  await uploads.append(key, bodyOf(blob.bytes));
  const { uploads: slow, hashed, goOn } = startWithSlowHash();
  const finishing = slow.finish(key, blob.digest as Digest, null);
  await hashed;
  const cancelled = await uploads.cancel(key).then(
    () => "cancelled",
    (err: OciError) => err.ociCode,
  );
  goOn();
  await finishing;
  expect(cancelled).toBe("BLOB_UPLOAD_INVALID");
  for (const repository of [owner, intruder]) {
    const { bytes } = await blobs.get(repository, blob.digest as Digest);
    expect(new Uint8Array(await bytes.arrayBuffer())).toEqual(blob.bytes);
  }
});

test("an upload that was overtaken while it was hashed makes no blob and stays with who overtook it", async () => {
  const repository = await newRepository();
  const { uploads, blobs } = start();
  const blob = randomBlob(50_000);
  const key: UploadKey = { id: await uploads.start(repository.id), repositoryId: repository.id, name: repository.name };
  await uploads.append(key, bodyOf(blob.bytes));
  const { uploads: slow, hashed, goOn } = startWithSlowHash();
  const finishing = slow.finish(key, blob.digest as Digest, null);
  await hashed;
  await database.admin`update registry.uploads set writing_until = now() - interval '1 s' where id = ${key.id}`;
  await uploads.append(key, bodyOf(new Uint8Array(5)));
  goOn();
  await expect(finishing).rejects.toMatchObject({ ociCode: "BLOB_UPLOAD_INVALID" });
  expect(await Bun.file(pathOf(blob)).exists()).toBeFalse();
  await expect(blobs.get(repository, blob.digest as Digest)).rejects.toMatchObject({ ociCode: "BLOB_UNKNOWN" });
  expect(await uploads.size(key)).toBe(50_005);
});

test("a blob that is there already keeps its file, and the upload's goes", async () => {
  const { uploads, files } = start();
  const blob = randomBlob(50_000);
  const push = async (): Promise<string> => {
    const repository = await newRepository();
    const id = await uploads.start(repository.id);
    await uploads.finish(
      { id, repositoryId: repository.id, name: repository.name },
      blob.digest as Digest,
      bodyOf(blob.bytes),
    );
    return id;
  };
  await push();
  const { ino } = await stat(pathOf(blob));
  const again = await push();
  expect((await stat(pathOf(blob))).ino).toBe(ino);
  expect(await files.uploadSize(again)).toBe(0);
});

test("an upload without its file is no blob, unless the blob is empty", async () => {
  const { files } = start();
  const [blob, empty] = [randomBlob(10), randomBlob(0)];
  await expect(files.commit(Bun.randomUUIDv7(), blob.digest as Digest)).rejects.toThrow();
  expect(await Bun.file(pathOf(blob)).exists()).toBeFalse();
  await files.commit(Bun.randomUUIDv7(), empty.digest as Digest);
  expect(await Bun.file(pathOf(empty)).exists()).toBeTrue();
});

test("two requests never write to one upload at once", async () => {
  const repository = await newRepository();
  const { uploads } = start();
  const second = start();
  const id = await uploads.start(repository.id);
  const key: UploadKey = { id, repositoryId: repository.id, name: repository.name };
  const held = Promise.withResolvers<void>();
  async function* slow() {
    yield new Uint8Array(10);
    await held.promise;
    yield new Uint8Array(10);
  }
  const first = uploads.append(key, { body: slow(), range: null });
  await waitFor(async () => (await uploads.size(key)) === 10);
  await expect(uploads.append(key, bodyOf(new Uint8Array(5)))).rejects.toMatchObject({
    ociCode: "BLOB_UPLOAD_INVALID",
  });
  await expect(second.uploads.append(key, bodyOf(new Uint8Array(5)))).rejects.toMatchObject({
    ociCode: "BLOB_UPLOAD_INVALID",
  });
  held.resolve();
  expect(await first).toBe(20);
});

test("a request that went silent loses its upload to the one that goes on, and writes nothing more", async () => {
  const repository = await newRepository();
  const { uploads, sql, files } = start();
  const id = await uploads.start(repository.id);
  const key: UploadKey = { id, repositoryId: repository.id, name: repository.name };
  const held = Promise.withResolvers<void>();
  async function* silent() {
    yield new Uint8Array(10).fill(1);
    await held.promise;
    yield new Uint8Array(10).fill(2);
  }
  const impatient = createBlobUploads(sql, files, { holdSeconds: 15, renewMs: 0 });
  const overtaken = impatient.append(key, { body: silent(), range: null });
  await waitFor(async () => (await uploads.size(key)) === 10);
  await database.admin`update registry.uploads set writing_until = now() - interval '1 s' where id = ${id}`;
  expect(await uploads.append(key, bodyOf(new Uint8Array(5).fill(3)))).toBe(15);
  held.resolve();
  await expect(overtaken).rejects.toMatchObject({ ociCode: "BLOB_UPLOAD_INVALID" });
  expect(await uploads.size(key)).toBe(15);
});

test("ten uploads of one blob at once end in one whole file", async () => {
  const { uploads, blobs } = start();
  const blob = randomBlob(300_000);
  const repositories = await Promise.all(Array.from({ length: 10 }, newRepository));
  await Promise.all(
    repositories.map(async ({ id: repositoryId, name }) => {
      const id = await uploads.start(repositoryId);
      await uploads.finish({ id, repositoryId, name }, blob.digest as Digest, bodyOf(blob.bytes));
    }),
  );
  for (const repository of repositories) {
    const { bytes } = await blobs.get(repository, blob.digest as Digest);
    expect(new Uint8Array(await bytes.arrayBuffer())).toEqual(blob.bytes);
  }
});

test("a file that a crash left without a row is no blob, and pushing it again makes it one", async () => {
  const repository = await newRepository();
  const { uploads, blobs, files } = start();
  const blob = randomBlob(5_000);
  const id = await uploads.start(repository.id);
  await uploads.append({ id, repositoryId: repository.id, name: repository.name }, bodyOf(blob.bytes));
  await files.commit(id, blob.digest as Digest); // and here the process dies, before the row
  expect(await Bun.file(pathOf(blob)).exists()).toBeTrue();
  await expect(blobs.get(repository, blob.digest as Digest)).rejects.toMatchObject({ ociCode: "BLOB_UNKNOWN" });
  const again = await uploads.start(repository.id);
  const key = { id: again, repositoryId: repository.id, name: repository.name };
  await uploads.finish(key, blob.digest as Digest, bodyOf(blob.bytes));
  expect((await blobs.get(repository, blob.digest as Digest)).sizeBytes).toBe(5_000);
});

test("a blob whose file is lost or cut looks missing, so that the next push brings it back", async () => {
  const repository = await newRepository();
  const { uploads, blobs } = start();
  const blob = randomBlob(5_000);
  const push = async () => {
    const id = await uploads.start(repository.id);
    const key = { id, repositoryId: repository.id, name: repository.name };
    await uploads.finish(key, blob.digest as Digest, bodyOf(blob.bytes));
  };
  await push();
  await Bun.write(pathOf(blob), blob.bytes.slice(0, 100));
  await expect(blobs.get(repository, blob.digest as Digest)).rejects.toMatchObject({ ociCode: "BLOB_UNKNOWN" });
  rmSync(pathOf(blob));
  await expect(blobs.get(repository, blob.digest as Digest)).rejects.toMatchObject({ ociCode: "BLOB_UNKNOWN" });
  await push();
  const { bytes } = await blobs.get(repository, blob.digest as Digest);
  expect(new Uint8Array(await bytes.arrayBuffer())).toEqual(blob.bytes);
});

test("uploads that nobody goes on with are removed after a day, others stay", async () => {
  const repository = await newRepository();
  const { uploads, files, sql } = start();
  const [idle, live] = [await uploads.start(repository.id), await uploads.start(repository.id)];
  for (const id of [idle, live]) {
    await uploads.append({ id, repositoryId: repository.id, name: repository.name }, bodyOf(new Uint8Array(10)));
  }
  await database.admin`update registry.uploads set touched_at = now() - interval '25 hours' where id = ${idle}`;
  await sweepUploads(sql, files, 24);
  expect([await files.uploadSize(idle), await files.uploadSize(live)]).toEqual([0, 10]);
  await expect(uploads.size({ id: idle, repositoryId: repository.id, name: repository.name })).rejects.toMatchObject({
    ociCode: "BLOB_UPLOAD_UNKNOWN",
  });
});

test("a client that hangs up in the middle of a chunk goes on from what has arrived", async () => {
  const app: TestApp = await startTestApp(registry);
  try {
    const client = await ociClient(app, app.home.headers("developer"), "home/cut:pull,push");
    const blob = randomBlob(1_000_000);
    const opened = await client.send("POST", "/v2/home/cut/blobs/uploads/");
    const location = opened.headers.get("location") ?? "";
    const token = /Bearer (.*)/.exec(await tokenOf(app))?.[1];
    const socket = net.connect(app.running.baseUrl.slice("unix:".length));
    socket.write(
      `PATCH ${location} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nContent-Length: 1000000\r\n\r\n`,
    );
    socket.write(blob.bytes.slice(0, 400_000));
    const size = async () => Number((await client.send("GET", location)).headers.get("range")?.split("-")[1]) + 1;
    await waitFor(async () => (await size()) === 400_000);
    socket.destroy();
    const rest = await waitFor(async () => {
      const sent = await client.send("PATCH", location, {
        headers: { "content-range": "400000-999999" },
        body: blob.bytes.slice(400_000),
      });
      return sent.status === 202 ? sent : null;
    });
    expect(rest.headers.get("range")).toBe("0-999999");
    expect((await client.send("PUT", `${location}?digest=${blob.digest}`)).status).toBe(201);
    const uploads = await readdir(join(app.platform.config.dataDir, "registry", "uploads"));
    expect(uploads).toEqual([]);
  } finally {
    await app.stop();
  }
});

const tokenOf = async (app: TestApp): Promise<string> => {
  const password = app.home.headers("developer")["authorization"]!.slice("Bearer ".length);
  const answer = await app.request("/v2/token?scope=repository:home/cut:pull,push", {
    headers: { authorization: `Basic ${btoa(`x:${password}`)}` },
  });
  return `Bearer ${((await answer.json()) as { token: string }).token}`;
};
