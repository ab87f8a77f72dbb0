import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { emit } from "@homeport/kit/events/emit.ts";
import { startApp } from "../../../kit/src/app.ts";
import { startTestApp, type TestApp } from "../../../kit/test/app.ts";
import { waitFor } from "../../../kit/test/wait-for.ts";
import { app as registry } from "../src/index.ts";
import { fetchToken, type OciClient, ociClient } from "./oci-client.ts";
import { randomBlob, type TestImage, testImage } from "./oci-image.ts";

setDefaultTimeout(60_000); // the first start builds assets and migrates a database

let app: TestApp;
let image: TestImage;
const REPO = "home/shop/api";

beforeAll(async () => {
  app = await startTestApp(registry);
  image = await testImage();
  await (await clientOf("owner")).pushImage(REPO, "1", image);
});
afterAll(() => app.stop());

const clientOf = (role: "owner" | "developer" | "viewer") =>
  ociClient(app, app.home.headers(role), `${REPO}:pull,push,delete`);

const pull = async (client: OciClient) => (await client.send("GET", `/v2/${REPO}/manifests/1`)).status;

/** What the auth app says in the transaction that changes somebody's access. */
const announce = (data: Record<string, string>, organisationId: string | null = null) =>
  emit(app.database.admin, { type: "auth.access.changed", source: "auth", organisationId, data });

const personOf = (role: "owner" | "developer" | "viewer") => {
  const principal = app.home.principal(role);
  return principal.kind === "service" ? principal.serviceAccountId : principal.personId;
};

test("when somebody's access changes, the registry's tokens they have end at once, and new ones say what is so now", async () => {
  const [viewer, developer] = [await clientOf("viewer"), await clientOf("developer")];
  expect([await pull(viewer), await pull(developer)]).toEqual([200, 200]);
  await announce({ personId: personOf("viewer") });
  await waitFor(async () => (await pull(viewer)) === 401, { timeoutMs: 5_000 });
  const challenge = await viewer.send("GET", `/v2/${REPO}/manifests/1`);
  expect(challenge.headers.get("www-authenticate")).toContain(`scope="repository:${REPO}:pull"`);
  expect(await pull(developer)).toBe(200);
  expect(await pull(await clientOf("viewer"))).toBe(200);
});

test("a service account pushes until its access changes", async () => {
  const client = await ociClient(app, app.home.service("deployer"), `${REPO}:pull,push`);
  const push = async () => (await client.send("POST", `/v2/${REPO}/blobs/uploads/`)).status;
  expect(await push()).toBe(202);
  await announce({ serviceAccountId: Bun.randomUUIDv7() });
  const viewer = await clientOf("viewer");
  await announce({ personId: personOf("viewer") });
  await waitFor(async () => (await pull(viewer)) === 401); // so the one before it was heard, too
  expect(await push()).toBe(202);
  await announce({}, app.home.id);
  await waitFor(async () => (await push()) === 401, { timeoutMs: 5_000 });
});

test("a change from before a process started makes void what another process gave before it", async () => {
  const tokenOf = async (role: "developer" | "viewer") => {
    const answer = await fetchToken(app, app.home.headers(role), [`repository:${REPO}:pull`]);
    return ((await answer.json()) as { token: string }).token;
  };
  const [viewer, developer] = [await tokenOf("viewer"), await tokenOf("developer")];
  const heard = await clientOf("viewer");
  await announce({ personId: personOf("viewer") });
  await waitFor(async () => (await pull(heard)) === 401);
  const second = await startApp(registry, app.platform);
  const statusOf = async (token: string) => {
    const unix = second.baseUrl.slice("unix:".length);
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`http://app/v2/${REPO}/manifests/1`, { unix, headers })).status;
  };
  try {
    expect([await statusOf(viewer), await statusOf(developer)]).toEqual([401, 200]);
  } finally {
    await second.stop();
  }
});

const audited = async (action: string) => {
  const rows = await app.database.admin<{ content: string }[]>`
    select content from platform.audit_entries
    where organisation_id = ${app.home.id} and action = ${action}
    order by seq`;
  return rows.map(({ content }) => JSON.parse(content));
};

test("what is pushed is in the audit log, with who did it and what a tag said before; pushing it again is no change", async () => {
  const developer = await clientOf("developer");
  const other = await testImage();
  const seen = (await audited("image:push")).length;
  for (const each of [image, image, other]) await developer.pushImage(REPO, "told", each);
  const entries = (await audited("image:push")).slice(seen);
  expect(entries.map(({ before, after }) => ({ before, after }))).toEqual([
    { before: null, after: { tag: "told", digest: image.manifest.digest } },
    { before: { tag: "told", digest: image.manifest.digest }, after: { tag: "told", digest: other.manifest.digest } },
  ]);
  for (const entry of entries) {
    expect(entry).toMatchObject({
      app: "registry",
      subject: { kind: "repository", name: REPO },
      actor: { kind: "person", id: personOf("developer"), name: "developer", credential: { kind: "token" } },
    });
  }
});

test("what is deleted is in the audit log, with who did it by the registry's token", async () => {
  const owner = await clientOf("owner");
  await owner.pushImage(REPO, "old", image);
  const blob = randomBlob(10);
  await owner.pushBlob(REPO, blob);
  const statuses: number[] = [];
  for (const path of ["manifests/old", "manifests/old", `blobs/${blob.digest}`, `manifests/${image.manifest.digest}`]) {
    statuses.push((await owner.send("DELETE", `/v2/${REPO}/${path}`)).status);
  }
  expect(statuses).toEqual([202, 404, 202, 202]);
  const entries = await audited("image:delete");
  expect(entries.map(({ before }) => before)).toEqual([
    { tag: "old" },
    { blob: blob.digest },
    { digest: image.manifest.digest },
  ]);
  for (const entry of entries) {
    expect(entry).toMatchObject({
      app: "registry",
      action: "image:delete",
      subject: { kind: "repository", name: REPO },
      actor: { kind: "person", id: personOf("owner"), name: "owner", credential: { kind: "token" } },
    });
  }
});
