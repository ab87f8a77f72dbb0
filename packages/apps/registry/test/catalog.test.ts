import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { startTestApp, type TestApp, type TestOrganisation } from "../../../kit/test/app.ts";
import { app as registry } from "../src/index.ts";
import { ociClient } from "./oci-client.ts";
import { randomBlob, type TestImage, testImage } from "./oci-image.ts";

setDefaultTimeout(60_000); // the first start builds assets and migrates a database

let app: TestApp;
let other: TestOrganisation;
let image: TestImage;
let contentBytes: number;

beforeAll(async () => {
  app = await startTestApp(registry);
  other = app.organisation("other");
  image = await testImage(1000);
  contentBytes = image.config.bytes.byteLength + image.layers[0]!.bytes.byteLength;
  const client = await ociClient(app, app.home.headers("owner"), "home/api:pull,push,delete", "home/web:pull,push");
  await client.pushImage("home/api", "1", image);
  await client.pushImage("home/api", "latest", image);
  await client.pushImage("home/web", "1", await testImage(1000));
  await client.send("POST", "/v2/home/web/blobs/uploads/");
});
afterAll(() => app.stop());

const asApp = async (method: string, path: string, body?: unknown) =>
  app.json(method, `/api/v1/registry${path}`, await app.asApp("deployments"), body);

test("members list their organisation's repositories and tags, page by page", async () => {
  const list = (query: string, headers = app.home.headers("viewer")) =>
    app.json("GET", `/api/v1/registry/repositories${query}`, headers);
  const first = await list("?limit=1");
  expect(first.status).toBe(200);
  expect(first.body.items).toMatchObject([{ name: "home/api", tagCount: 2, sizeBytes: contentBytes }]);
  const second = await list(`?limit=1&cursor=${encodeURIComponent(first.body.nextCursor)}`);
  expect(second.body.items).toMatchObject([{ name: "home/web" }]);
  expect(second.body.nextCursor).toBeNull();
  expect((await list("", other.headers("owner"))).body.items).toEqual([]);
  const tags = await app.json("GET", "/api/v1/registry/tags?repository=home/api", app.home.headers("viewer"));
  expect(tags.body.items).toMatchObject([
    { name: "1", digest: image.manifest.digest, sizeBytes: contentBytes },
    { name: "latest", digest: image.manifest.digest },
  ]);
  expect((await app.json("GET", "/api/v1/registry/tags?repository=home/api", other.headers("owner"))).status).toBe(404);
});

test("a manifest tells what it consists of and what its tags are", async () => {
  const get = (reference: string, headers = app.home.headers("viewer")) =>
    app.json("GET", `/api/v1/registry/manifests?repository=home/api&reference=${reference}`, headers);
  const shown = await get("latest");
  expect(shown.body).toMatchObject({ digest: image.manifest.digest, tags: ["1", "latest"], sizeBytes: contentBytes });
  expect(shown.body.parts.map(({ kind, digest }: { kind: string; digest: string }) => [kind, digest])).toEqual([
    ["config", image.config.digest],
    ["layer", image.layers[0]!.digest],
  ]);
  expect((await get("nothing")).status).toBe(404);
  expect((await get("sha256:x")).status).toBe(400);
  expect((await get("latest", other.headers("owner"))).status).toBe(404);
});

test("an app resolves a reference to a digest, in the organisation that it names only", async () => {
  const resolve = (reference: string, organisationId = app.home.id) =>
    asApp("POST", "/manifests/resolve", { organisationId, reference });
  for (const reference of ["home/api:1", "home/api", `home/api@${image.manifest.digest}`]) {
    expect((await resolve(reference)).body).toMatchObject({ repository: "home/api", digest: image.manifest.digest });
  }
  const missing = await resolve("home/api:2");
  expect([missing.status, missing.body.detail]).toEqual([404, "There is no image home/api:2. Push it first."]);
  expect((await resolve("home/api:1", other.id)).status).toBe(404);
  expect((await resolve(`home/api@${randomBlob(1).digest}`)).status).toBe(404);
  for (const bad of ["nginx:1", "docker.io/library/nginx:1@x", "home/api:", "home/api@1", "home/../x:1"]) {
    expect([bad, (await resolve(bad)).status]).toEqual([bad, 400]);
  }
  const member = await app.json("POST", "/api/v1/registry/manifests/resolve", app.home.headers("owner"), {
    organisationId: app.home.id,
    reference: "home/api:1",
  });
  expect(member.status).toBe(404);
});

test("a pinned image cannot be deleted until nothing pins it", async () => {
  const { digest } = image.manifest;
  const pin = (key: string, organisationId = app.home.id) =>
    asApp("PUT", `/pins/${key}`, { organisationId, repository: "home/api", digest });
  expect((await pin("release:1")).body).toEqual({ repository: "home/api", digest });
  expect((await pin("release:1")).status).toBe(200);
  expect((await pin("release:2")).status).toBe(200);
  expect((await pin("release:3", other.id)).status).toBe(404);
  const client = await ociClient(app, app.home.headers("owner"), "home/api:delete,push");
  const remove = async () => (await client.send("DELETE", `/v2/home/api/manifests/${digest}`)).status;
  expect(await remove()).toBe(405);
  expect((await asApp("DELETE", "/pins/release:1")).body).toEqual({ removed: true });
  expect((await asApp("DELETE", "/pins/release:1")).body).toEqual({ removed: false });
  expect(await remove()).toBe(405);
  await asApp("DELETE", "/pins/release:2");
  expect(await remove()).toBe(202);
  await client.pushImage("home/api", "1", image);
});

test("the pages show repositories, tags and digests, and how to push to the address in use", async () => {
  const page = async (path: string, headers = app.home.headers("viewer")) => {
    const answer = await app.request(path, { headers: { ...headers, host: "127.0.0.1:4000" } });
    return { status: answer.status, html: await answer.text() };
  };
  const list = await page("/registry");
  expect(list.status).toBe(200);
  expect(list.html).toContain("/registry/home/api");
  expect(list.html).toContain("docker login 127.0.0.1:4000");
  const repository = await page("/registry/home/api");
  expect(repository.html).toContain(image.manifest.digest);
  expect((await page("/registry/home/nothing")).status).toBe(404);
  expect((await page("/registry/home/api", other.headers("owner"))).status).toBe(404);
  const empty = await page("/registry", other.headers("viewer"));
  expect(empty.html).toContain("docker push 127.0.0.1:4000/other/hello:latest");
});
