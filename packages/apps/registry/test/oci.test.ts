import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { startTestApp, type TestApp } from "../../../kit/test/app.ts";
import { app as registry } from "../src/index.ts";
import { codesOf, type OciClient, ociClient } from "./oci-client.ts";
import { descriptor, jsonBlob, OCI_INDEX, OCI_MANIFEST, randomBlob, testImage } from "./oci-image.ts";

setDefaultTimeout(60_000); // the first start builds assets and migrates a database

let app: TestApp;
let developer: OciClient;
const REPO = "home/shop/api";

beforeAll(async () => {
  app = await startTestApp(registry);
  developer = await ociClient(app, app.home.headers("developer"), `${REPO}:pull,push,delete`);
});
afterAll(() => app.stop());

const startUpload = async (client = developer, repo = REPO): Promise<string> => {
  const opened = await client.send("POST", `/v2/${repo}/blobs/uploads/`);
  expect(opened.status).toBe(202);
  return opened.headers.get("location") ?? "";
};

/** A body whose length is not known beforehand. */
const streamOf = (...parts: Uint8Array[]) =>
  new ReadableStream<Uint8Array>({
    async pull(controller) {
      const part = parts.shift();
      if (part === undefined) controller.close();
      else controller.enqueue(part);
    },
  });

test("an image that was pushed is pulled by tag and by digest, with its own bytes and media type", async () => {
  const image = await testImage();
  await developer.pushImage(REPO, "1.0", image);
  for (const reference of ["1.0", image.manifest.digest]) {
    const pulled = await developer.send("GET", `/v2/${REPO}/manifests/${reference}`);
    expect(pulled.status).toBe(200);
    expect(pulled.headers.get("content-type")).toBe(OCI_MANIFEST);
    expect(pulled.headers.get("docker-content-digest")).toBe(image.manifest.digest);
    expect(new Uint8Array(await pulled.arrayBuffer())).toEqual(image.manifest.bytes);
  }
  const head = await developer.send("HEAD", `/v2/${REPO}/manifests/1.0`);
  expect(head.status).toBe(200);
  expect(head.headers.get("content-length")).toBe(String(image.manifest.bytes.byteLength));
  const layer = image.layers[0]!;
  const blob = await developer.send("GET", `/v2/${REPO}/blobs/${layer.digest}`);
  expect(new Uint8Array(await blob.arrayBuffer())).toEqual(layer.bytes);
});

test("a blob in chunks: each goes where the last ended, a gap or an overlap is 416 with where to go on", async () => {
  const blob = randomBlob(3000);
  const location = await startUpload();
  const patch = (start: number, end: number) =>
    developer.send("PATCH", location, {
      headers: { "content-range": `${start}-${end - 1}` },
      body: blob.bytes.slice(start, end),
    });
  expect((await patch(0, 1000)).status).toBe(202);
  for (const [start, end] of [
    [2000, 3000],
    [0, 1000],
    [999, 1500],
  ] as const) {
    const refused = await patch(start, end);
    expect(refused.status).toBe(416);
    expect(refused.headers.get("range")).toBe("0-999");
    expect(refused.headers.get("location")).toBe(location);
    expect(await codesOf(refused)).toEqual(["RANGE_INVALID"]);
  }
  const status = await developer.send("GET", location);
  expect([status.status, status.headers.get("range")]).toEqual([204, "0-999"]);
  expect((await patch(1000, 2000)).headers.get("range")).toBe("0-1999");
  const last = { headers: { "content-range": "2000-2999" }, body: blob.bytes.slice(2000) };
  const wrong = { headers: { "content-range": "1999-2998" }, body: blob.bytes.slice(2000) };
  expect((await developer.send("PUT", `${location}?digest=${blob.digest}`, wrong)).status).toBe(416);
  expect((await developer.send("PUT", `${location}?digest=${blob.digest}`, last)).status).toBe(201);
  const read = await developer.send("GET", `/v2/${REPO}/blobs/${blob.digest}`);
  expect(new Uint8Array(await read.arrayBuffer())).toEqual(blob.bytes);
});

test("a whole blob in one PATCH of unknown length, as docker sends it", async () => {
  const blob = randomBlob(200_000);
  const location = await startUpload();
  const body = streamOf(blob.bytes.slice(0, 70_000), blob.bytes.slice(70_000));
  expect((await developer.send("PATCH", location, { body })).headers.get("range")).toBe("0-199999");
  const done = await developer.send("PUT", `${location}?digest=${blob.digest}`);
  expect(done.status).toBe(201);
  expect(done.headers.get("location")).toBe(`/v2/${REPO}/blobs/${blob.digest}`);
  expect((await developer.send("GET", location)).status).toBe(404);
});

test("an empty blob and a sha512 digest are as good as any", async () => {
  const empty = randomBlob(0);
  expect((await developer.send("PUT", `${await startUpload()}?digest=${empty.digest}`)).status).toBe(201);
  const bytes = new TextEncoder().encode("sha512");
  const digest = `sha512:${new Bun.CryptoHasher("sha512").update(bytes).digest("hex")}`;
  const location = await startUpload();
  await developer.send("PATCH", location, { body: bytes });
  expect((await developer.send("PUT", `${location}?digest=${digest}`)).status).toBe(201);
  const read = await developer.send("GET", `/v2/${REPO}/blobs/${digest}`);
  expect(await read.text()).toBe("sha512");
});

const BAD_DIGESTS = [
  { name: "no digest", digest: "" },
  { name: "a path", digest: "sha256:../../../../etc/passwd" },
  { name: "an encoded path", digest: "sha256:..%2f..%2fetc%2fpasswd" },
  { name: "upper case", digest: `sha256:${"A".repeat(64)}` },
  { name: "too short", digest: "sha256:abc" },
  { name: "too long", digest: `sha256:${"a".repeat(65)}` },
  { name: "an algorithm nobody knows", digest: `md5:${"a".repeat(32)}` },
  { name: "a line break", digest: `sha256:${"a".repeat(64)}%0a` },
];
test.each(BAD_DIGESTS)("$name is refused as a digest wherever one is sent", async ({ digest }) => {
  const refused = async (method: string, path: string) => {
    const answer = await developer.send(method, path);
    expect([method, path, answer.status]).toEqual([method, path, 400]);
    expect(await codesOf(answer)).toEqual(["DIGEST_INVALID"]);
  };
  await refused("PUT", `${await startUpload()}?digest=${digest}`);
  if (digest === "") return; // the rest would be other addresses
  await refused("POST", `/v2/${REPO}/blobs/uploads/?digest=${digest}`);
  await refused("POST", `/v2/${REPO}/blobs/uploads/?mount=${digest}&from=home/other`);
  if (/\/|%0a/.test(digest)) return; // these make another address of it
  await refused("GET", `/v2/${REPO}/blobs/${digest}`);
  await refused("DELETE", `/v2/${REPO}/blobs/${digest}`);
  await refused("GET", `/v2/${REPO}/manifests/${digest}`);
});

test("bytes that do not match their digest are thrown away", async () => {
  const location = await startUpload();
  await developer.send("PATCH", location, { body: "something" });
  const { digest } = randomBlob(9);
  const refused = await developer.send("PUT", `${location}?digest=${digest}`);
  expect([refused.status, await codesOf(refused)]).toEqual([400, ["DIGEST_INVALID"]]);
  expect((await developer.send("HEAD", `/v2/${REPO}/blobs/${digest}`)).status).toBe(404);
  expect((await developer.send("GET", location)).status).toBe(404);
  const monolithic = await developer.send("POST", `/v2/${REPO}/blobs/uploads/?digest=${digest}`, { body: "something" });
  expect(monolithic.status).toBe(400);
});

test("a chunk whose Content-Range, Content-Length and bytes disagree is refused", async () => {
  const location = await startUpload();
  const send = (range: string) =>
    developer.send("PATCH", location, { headers: { "content-range": range }, body: "12345" });
  expect((await send("0-9")).status).toBe(400);
  expect((await send("0-2")).status).toBe(400);
  expect((await send("4-0")).status).toBe(400);
  expect((await send("zero-four")).status).toBe(400);
  const unknownLength = { headers: { "content-range": "0-9" }, body: streamOf(new TextEncoder().encode("12345")) };
  const short = await developer.send("PATCH", location, unknownLength);
  expect([short.status, await codesOf(short)]).toEqual([400, ["SIZE_INVALID"]]);
  expect(short.headers.get("range")).toBe("0-4");
});

test("an upload that is cancelled, unknown or of another repository is not there", async () => {
  const location = await startUpload();
  expect((await developer.send("DELETE", location)).status).toBe(204);
  const id = Bun.randomUUIDv7();
  const other = await ociClient(app, app.home.headers("developer"), "home/elsewhere:pull,push");
  const open = (await startUpload()).split("/").at(-1);
  await startUpload(other, "home/elsewhere");
  for (const [client, path] of [
    [developer, location],
    [developer, `/v2/${REPO}/blobs/uploads/${id}`],
    [developer, `/v2/${REPO}/blobs/uploads/not-an-id`],
    [other, `/v2/home/elsewhere/blobs/uploads/${open}`],
  ] as const) {
    for (const method of ["GET", "PATCH", "PUT", "DELETE"]) {
      const query = method === "PUT" ? `?digest=${randomBlob(1).digest}` : "";
      const answer = await client.send(method, path + query, method === "PATCH" ? { body: "x" } : {});
      expect([method, path, answer.status]).toEqual([method, path, 404]);
      expect(await codesOf(answer)).toEqual(["BLOB_UPLOAD_UNKNOWN"]);
    }
  }
});

test("parts of a blob are sent as asked for, and no part that it does not have", async () => {
  const blob = randomBlob(1000);
  await developer.pushBlob(REPO, blob);
  const read = (range: string) => developer.send("GET", `/v2/${REPO}/blobs/${blob.digest}`, { headers: { range } });
  const part = await read("bytes=10-19");
  expect([part.status, part.headers.get("content-range")]).toEqual([206, "bytes 10-19/1000"]);
  expect(new Uint8Array(await part.arrayBuffer())).toEqual(blob.bytes.slice(10, 20));
  expect((await read("bytes=990-")).headers.get("content-range")).toBe("bytes 990-999/1000");
  expect((await read("bytes=1000-")).status).toBe(416);
});

test("a manifest is refused while something it refers to is not in the same repository", async () => {
  const image = await testImage();
  const elsewhere = await ociClient(app, app.home.headers("developer"), "home/elsewhere:pull,push");
  await elsewhere.pushImage("home/elsewhere", "1", image);
  const put = () =>
    developer.send("PUT", `/v2/${REPO}/manifests/half`, {
      headers: { "content-type": OCI_MANIFEST },
      body: image.manifest.bytes,
    });
  const refused = await put();
  const body = (await refused.json()) as { errors: { code: string; detail: { missing: string[] } }[] };
  expect(refused.status).toBe(400);
  expect(body.errors[0]?.code).toBe("MANIFEST_BLOB_UNKNOWN");
  expect(body.errors[0]?.detail.missing.toSorted()).toEqual([image.config.digest, image.layers[0]!.digest].toSorted());
  expect((await developer.send("HEAD", `/v2/${REPO}/manifests/half`)).status).toBe(404);
  for (const blob of [image.config, ...image.layers]) await developer.pushBlob(REPO, blob);
  expect((await put()).status).toBe(201);
});

test("an index needs its images, and its images stay while it does", async () => {
  const image = await testImage();
  const index = jsonBlob({
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [descriptor(OCI_MANIFEST, image.manifest)],
  });
  const put = () =>
    developer.send("PUT", `/v2/${REPO}/manifests/multi`, { headers: { "content-type": OCI_INDEX }, body: index.bytes });
  expect((await put()).status).toBe(400);
  await developer.pushImage(REPO, image.manifest.digest, image);
  expect((await put()).status).toBe(201);
  const kept = await developer.send("DELETE", `/v2/${REPO}/manifests/${image.manifest.digest}`);
  expect([kept.status, await codesOf(kept)]).toEqual([405, ["UNSUPPORTED"]]);
  const layer = await developer.send("DELETE", `/v2/${REPO}/blobs/${image.layers[0]!.digest}`);
  expect(layer.status).toBe(405);
  expect((await developer.send("DELETE", `/v2/${REPO}/manifests/${index.digest}`)).status).toBe(202);
  expect((await developer.send("DELETE", `/v2/${REPO}/manifests/${image.manifest.digest}`)).status).toBe(202);
  expect((await developer.send("DELETE", `/v2/${REPO}/blobs/${image.layers[0]!.digest}`)).status).toBe(202);
  expect((await developer.send("GET", `/v2/${REPO}/manifests/multi`)).status).toBe(404);
  expect((await developer.send("GET", `/v2/${REPO}/blobs/${image.layers[0]!.digest}`)).status).toBe(404);
});

test("what is no manifest is refused", async () => {
  const put = (reference: string, body: string, type = OCI_MANIFEST) =>
    developer.send("PUT", `/v2/${REPO}/manifests/${reference}`, { headers: { "content-type": type }, body });
  const image = await testImage();
  const text = new TextDecoder().decode(image.manifest.bytes);
  expect((await put("x", "not json")).status).toBe(400);
  expect((await put("x", "{}")).status).toBe(400);
  expect((await put("x", text, "text/plain")).status).toBe(400);
  expect((await put("x", text, OCI_INDEX)).status).toBe(400);
  expect((await put("x", JSON.stringify({ ...JSON.parse(text), manifests: [] }))).status).toBe(400);
  expect((await put("x".repeat(129), text)).status).toBe(400);
  expect((await put(randomBlob(1).digest, text)).status).toBe(400);
  expect((await put("x", " ".repeat(4 * 1024 * 1024 + 1))).status).toBe(413);
});

test("tags come in ASCII order, page by page", async () => {
  const client = await ociClient(app, app.home.headers("developer"), "home/tags:pull,push,delete");
  const image = await testImage(10);
  for (const tag of ["b", "a", "Z", "10", "2"]) await client.pushImage("home/tags", tag, image);
  const list = async (query: string) => {
    const answer = await client.send("GET", `/v2/home/tags/tags/list${query}`);
    return { status: answer.status, link: answer.headers.get("link"), body: await answer.json() };
  };
  expect((await list("")).body).toEqual({ name: "home/tags", tags: ["10", "2", "Z", "a", "b"] });
  const first = await list("?n=2");
  expect(first.body).toEqual({ name: "home/tags", tags: ["10", "2"] });
  expect(first.link).toBe('</v2/home/tags/tags/list?n=2&last=2>; rel="next"');
  expect((await list("?n=2&last=Z")).body).toEqual({ name: "home/tags", tags: ["a", "b"] });
  expect((await list("?n=2&last=Z")).link).toBeNull();
  expect((await list("?n=0")).body).toEqual({ name: "home/tags", tags: [] });
  expect((await list("?n=999999999999")).status).toBe(200);
  for (const n of ["-1", "many", "1.5", "99999999999999999999"]) expect((await list(`?n=${n}`)).status).toBe(400);
  expect((await client.send("DELETE", "/v2/home/tags/manifests/a")).status).toBe(202);
  expect((await list("?last=Z")).body).toEqual({ name: "home/tags", tags: ["b"] });
});

test("an address or a method that the protocol does not have", async () => {
  expect((await developer.send("GET", "/v2/_catalog")).status).toBe(404);
  expect((await developer.send("GET", `/v2/${REPO}/referrers/${randomBlob(1).digest}`)).status).toBe(404);
  const refused = await developer.send("POST", `/v2/${REPO}/tags/list`);
  expect([refused.status, await codesOf(refused)]).toEqual([405, ["UNSUPPORTED"]]);
});
