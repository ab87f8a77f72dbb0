import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, utimesSync } from "node:fs";
import { readdir } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { waitFor } from "../../../kit/test/wait-for.ts";
import { archiveFilesIn } from "../src/adapters/archive-files.ts";
import { createUploads } from "../src/service/uploads.ts";
import { resultFor, type Scene, startScene } from "./scene.ts";

setDefaultTimeout(60_000); // the first start migrates a database

let scene: Scene;
let dir: string;

beforeAll(async () => {
  scene = await startScene();
  dir = join(scene.platform.config.dataDir, "ci", "uploads");
});
afterAll(() => scene.stop());

const limits = () => ({ maxBytes: 1024 * 1024, keptDays: 7 });
const archive = new Uint8Array(gzipSync(crypto.getRandomValues(new Uint8Array(50_000))));
const upload = (
  body: BodyInit | null,
  headers: Record<string, string> = scene.home.headers("developer"),
  type = "application/gzip",
) => scene.request("/api/v1/ci/uploads", { method: "POST", headers: { ...headers, "content-type": type }, body });
const uploaded = async (): Promise<string> => ((await (await upload(archive)).json()) as { id: string }).id;
const filesIn = async (path: string) =>
  (await readdir(path, { withFileTypes: true })).filter((entry) => entry.isFile());
const isEmpty = async () => (await filesIn(join(dir, "incoming"))).length === 0;

test("an uploaded archive is read back by the job that is built from it, and by its runner", async () => {
  const answer = await upload(archive);
  expect(answer.status).toBe(201);
  const { id, sizeBytes, sha256 } = (await answer.json()) as { id: string; sizeBytes: number; sha256: string };
  expect(sizeBytes).toBe(archive.byteLength);
  expect(sha256).toBe(new Bun.CryptoHasher("sha256").update(archive).digest("hex"));
  const job = await scene.createJob(undefined, { spec: scene.spec({ source: { kind: "upload", uploadId: id } }) });
  const read = (headers: Record<string, string>) => scene.request(`/api/v1/ci/uploads/${id}`, { headers });
  const identity = (jobId: string) =>
    scene.identity({ kind: "job", jobId, organisationId: scene.home.id, repository: "home/shop/api" });
  expect((await read(await identity(job.id))).status).toBe(404); // not before somebody builds it
  const claimed = (await scene.claim("r1", { waitSeconds: 5 }))!;
  for (const headers of [
    { authorization: `Bearer ${claimed.jobToken}` },
    await scene.identity({ kind: "runner", runnerId: "r1" }),
  ]) {
    const got = await read(headers);
    expect([got.status, got.headers.get("etag")]).toEqual([200, `"${sha256}"`]);
    expect(await got.bytes()).toEqual(archive);
  }
  for (const headers of [
    await identity(Bun.randomUUIDv7()),
    await scene.identity({ kind: "runner", runnerId: "r2" }),
    await scene.identity({ kind: "agent", nodeId: Bun.randomUUIDv7() }),
    scene.home.headers("owner"),
    scene.organisation("other").headers("owner"),
  ]) {
    expect((await read(headers)).status).toBe(404);
  }
  const done = { jobId: job.id, leaseToken: claimed.leaseToken, result: resultFor(job.spec) };
  expect((await scene.report("r1", "complete", done)).status).toBe(200);
  expect((await read({ authorization: `Bearer ${claimed.jobToken}` })).status).toBe(404);
});

test("an upload of another organisation is no source", async () => {
  const other = scene.organisation("other");
  const { id } = (await (await upload(archive, other.headers("owner"))).json()) as { id: string };
  const body = {
    kind: "build",
    key: "k",
    organisationId: scene.home.id,
    spec: scene.spec({ source: { kind: "upload", uploadId: id } }),
  };
  expect((await scene.json("POST", "/api/v1/ci/jobs", await scene.asApp("deployments"), body)).status).toBe(400);
});

test("who may not deploy may not upload", async () => {
  expect((await upload(archive, scene.home.headers("viewer"))).status).toBe(403);
  expect((await upload(archive, {})).status).toBe(401);
  expect((await upload(archive, await scene.identity({ kind: "runner", runnerId: "r1" }))).status).toBe(404);
  expect(await isEmpty()).toBeTrue();
});

test("who deploys to a project or an environment may upload, and a service account is remembered as such", async () => {
  const place = { projectId: Bun.randomUUIDv7(), environmentId: Bun.randomUUIDv7() };
  const anywhere = { projectId: place.projectId, environmentId: null };
  expect((await upload(archive, scene.home.granted([{ role: "deployer", ...anywhere }]))).status).toBe(201);
  expect((await upload(archive, scene.home.granted([{ role: "developer", ...place }]))).status).toBe(201);
  expect((await upload(archive, scene.home.granted([{ role: "viewer", ...anywhere }]))).status).toBe(403);
  expect((await upload(archive, scene.home.granted([]))).status).toBe(403);
  const made = await upload(archive, scene.home.service("deployer"));
  expect(made.status).toBe(201);
  const { id } = (await made.json()) as { id: string };
  const [row] = await scene.database.admin`select created_by from ci.uploads where id = ${id}`;
  expect(row?.created_by).toMatch(/^[0-9a-f-]{36}$/);
  expect(await isEmpty()).toBeTrue();
});

const BAD = [
  { name: "no gzip archive", body: new TextEncoder().encode("PK\u0003\u0004 a zip file"), status: 400 },
  { name: "an empty body", body: new Uint8Array(), status: 400 },
  { name: "two bytes", body: new Uint8Array([0x1f, 0x8b]), status: 400 },
];
test.each(BAD)("$name is refused and leaves nothing", async ({ body, status }) => {
  const before = await filesIn(dir);
  expect((await upload(body)).status).toBe(status);
  expect(await filesIn(dir)).toEqual(before);
  expect(await isEmpty()).toBeTrue();
});

test("another content type is refused", async () => {
  expect((await upload(archive, undefined, "application/zip")).status).toBe(415);
});

test("a body that is announced as too large is refused before it is sent", async () => {
  const socket = net.connect(scene.running.baseUrl.slice("unix:".length));
  const { authorization } = scene.home.headers("developer") as { authorization: string };
  socket.write(
    `POST /api/v1/ci/uploads HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\nContent-Type: application/gzip\r\n` +
      `Content-Length: ${513 * 1024 * 1024}\r\n\r\n`,
  );
  const answer = await new Promise<string>((resolve) => socket.once("data", (data) => resolve(String(data))));
  expect(answer).toStartWith("HTTP/1.1 413");
  socket.destroy();
});

test("a body that turns out too large is cut off where the limit is, and leaves nothing", async () => {
  const own = mkdtempSync(join(tmpdir(), "hp-archives-"));
  try {
    const files = archiveFilesIn(own);
    let sent = 0;
    async function* endless() {
      for (;;) {
        sent += 1000;
        yield sent === 1000
          ? new Uint8Array(gzipSync(crypto.getRandomValues(new Uint8Array(2000)))).slice(0, 1000)
          : new Uint8Array(1000);
      }
    }
    const id = Bun.randomUUIDv7();
    await expect(files.receive(id, endless(), 100_000)).rejects.toMatchObject({ code: "too_large" });
    await waitFor(async () => (await filesIn(join(own, "incoming"))).length === 0 && sent > 100_000);
    expect(sent).toBeLessThan(110_000);
    expect(await files.read(id)).toBeNull();
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
});

test("a client that hangs up in the middle leaves nothing", async () => {
  const before = await filesIn(dir);
  const socket = net.connect(scene.running.baseUrl.slice("unix:".length));
  const { authorization } = scene.home.headers("developer") as { authorization: string };
  socket.write(
    `POST /api/v1/ci/uploads HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\nContent-Type: application/gzip\r\n` +
      `Transfer-Encoding: chunked\r\n\r\n`,
  );
  socket.write(`${archive.byteLength.toString(16)}\r\n`);
  socket.write(archive);
  await waitFor(async () => !(await isEmpty()));
  socket.destroy();
  await waitFor(isEmpty);
  expect(await filesIn(dir)).toEqual(before);
});

test("how large an upload may be is a setting, which holds at once", async () => {
  const tooLarge = crypto.getRandomValues(new Uint8Array(1024 * 1024 + 1));
  const set = (mib: number) => scene.database.admin`
    insert into platform.settings (app, key, value, updated_by, updated_at, version)
    values ('ci', 'max-upload-mib', to_jsonb(${mib}::int), 'Ada', now(), 1)
    on conflict (app, key) do update set value = excluded.value`;
  await set(1);
  await waitFor(async () => (await upload(tooLarge)).status === 413, { timeoutMs: 1_000 });
  await set(2);
  await waitFor(async () => (await upload(tooLarge)).status !== 413, { timeoutMs: 1_000 });
});

test("uploads are removed a week after their last use, but not while a job needs them", async () => {
  const uploads = createUploads(scene.database.connect("ci"), archiveFilesIn(dir), limits);
  const [unused, needed, fresh] = [await uploaded(), await uploaded(), await uploaded()];
  const job = await scene.createJob(undefined, { spec: scene.spec({ source: { kind: "upload", uploadId: needed } }) });
  const age = (ids: string[]) =>
    scene.database.admin`update ci.uploads set last_used_at = now() - interval '8 days' where id = any(${ids}::uuid[])`;
  await age([unused, needed]);
  await uploads.expire();
  const names = async () => (await filesIn(dir)).map(({ name }) => name);
  expect(await names()).toEqual(expect.arrayContaining([needed, fresh]));
  expect(await names()).not.toContain(unused);
  await scene.cancel(job);
  await uploads.expire();
  expect(await names()).not.toContain(needed);
  expect((await scene.getJob(job.id)).state).toBe("cancelled");
});

test("files that no upload belongs to are swept up after a day", async () => {
  const uploads = createUploads(scene.database.connect("ci"), archiveFilesIn(dir), limits);
  const [old, young] = [Bun.randomUUIDv7(), Bun.randomUUIDv7()];
  const paths = [join(dir, old), join(dir, "incoming", old), join(dir, young)];
  for (const path of paths) await Bun.write(path, "x");
  for (const path of paths.slice(0, 2)) utimesSync(path, new Date(), new Date(Date.now() - 25 * 3600_000));
  await uploads.expire();
  expect(await Promise.all(paths.map((path) => Bun.file(path).exists()))).toEqual([false, false, true]);
});
