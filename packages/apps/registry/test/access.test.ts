import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { startTestApp, type TestApp, type TestOrganisation } from "../../../kit/test/app.ts";
import { app as registry } from "../src/index.ts";
import { codesOf, fetchToken, ociClient } from "./oci-client.ts";
import { OCI_MANIFEST, randomBlob, type TestImage, testImage } from "./oci-image.ts";

setDefaultTimeout(60_000); // the first start builds assets and migrates a database

let app: TestApp;
let other: TestOrganisation;
let image: TestImage;
const REPO = "home/shop/api";

beforeAll(async () => {
  app = await startTestApp(registry);
  other = app.organisation("other");
  image = await testImage();
  const owner = await ociClient(app, app.home.headers("owner"), `${REPO}:pull,push`);
  await owner.pushImage(REPO, "1", image);
});
afterAll(() => app.stop());

const pull = async (headers: Record<string, string>, name = REPO) => {
  const client = await ociClient(app, headers, `${name}:pull,push`);
  return client.send("GET", `/v2/${name}/manifests/1`);
};
const push = async (headers: Record<string, string>, name = REPO) => {
  const client = await ociClient(app, headers, `${name}:pull,push`);
  return client.send("POST", `/v2/${name}/blobs/uploads/`);
};
const jobOf = (organisationId: string, repository: string) =>
  app.identity({ kind: "job", jobId: Bun.randomUUIDv7(), organisationId, repository });

test("without a token there is a challenge that names the address the client used and what it needs", async () => {
  const answer = await app.request(`/v2/${REPO}/blobs/uploads/`, {
    method: "POST",
    headers: {
      host: "registry.example:8443",
      "x-forwarded-host": "registry.example:8443",
      "x-forwarded-proto": "https",
    },
  });
  expect(answer.status).toBe(401);
  expect(answer.headers.get("www-authenticate")).toBe(
    `Bearer realm="https://registry.example:8443/v2/token",service="homeport",scope="repository:${REPO}:pull,push"`,
  );
  expect(await codesOf(answer)).toEqual(["UNAUTHORIZED"]);
  const ping = await app.request("/v2/", { headers: { host: "127.0.0.1:3000" } });
  expect(ping.headers.get("www-authenticate")).toBe('Bearer realm="http://127.0.0.1:3000/v2/token",service="homeport"');
});

test("a token of the registry opens the door; API tokens, forged and altered ones do not", async () => {
  const answer = await fetchToken(app, app.home.headers("viewer"), []);
  const { token, access_token, expires_in } = (await answer.json()) as Record<string, string>;
  expect([access_token, Number(expires_in)]).toEqual([token!, 300]);
  const ping = (value: string) => app.request("/v2/", { headers: { authorization: `Bearer ${value}` } });
  expect((await ping(token!)).status).toBe(200);
  const [header, , signature] = token!.split(".");
  const forged = btoa(JSON.stringify({ sub: "person:x", reach: "*", access: [], iss: "homeport-registry" }));
  const identity = (await app.asApp("ci"))["authorization"]!.slice("Bearer ".length);
  const apiToken = app.home.headers("owner")["authorization"]!.slice("Bearer ".length);
  for (const bad of [`${header}.${forged}.${signature}`, apiToken, identity, "x"])
    expect((await ping(bad)).status).toBe(401);
});

test("a wrong or missing password gets no token", async () => {
  const ask = (headers: Record<string, string>) => app.request(`/v2/token?scope=repository:${REPO}:pull`, { headers });
  expect((await ask({})).status).toBe(401);
  for (const password of ["", "hp_wrong", "nonsense", "x".repeat(9_000)]) {
    const answer = await ask({ authorization: `Basic ${btoa(`me:${password}`)}` });
    expect([password.length, answer.status]).toEqual([password.length, 401]);
    expect(answer.headers.get("www-authenticate")).toStartWith("Basic ");
  }
});

test("every member pulls; who deploys pushes; a viewer hears that the role does not allow it", async () => {
  for (const role of ["owner", "admin", "auditor", "deployer", "developer", "viewer"] as const) {
    expect([role, (await pull(app.home.headers(role))).status]).toEqual([role, 200]);
  }
  for (const role of ["owner", "admin", "deployer", "developer"] as const) {
    expect([role, (await push(app.home.headers(role))).status]).toEqual([role, 202]);
  }
  const refused = await push(app.home.headers("viewer"));
  expect([refused.status, await codesOf(refused)]).toEqual([403, ["DENIED"]]);
});

test("a service account is a member; a role in a project opens no repository", async () => {
  const [deployer, viewer] = [app.home.service("deployer"), app.home.service("viewer")];
  expect([(await pull(deployer)).status, (await push(deployer)).status]).toEqual([200, 202]);
  expect([(await pull(viewer)).status, (await push(viewer)).status]).toEqual([200, 403]);
  expect((await pull(other.service("owner"))).status).toBe(404);
  const granted = app.home.granted([{ role: "admin", projectId: Bun.randomUUIDv7(), environmentId: null }]);
  expect([(await pull(granted)).status, (await push(granted)).status]).toEqual([404, 404]);
  expect((await app.json("GET", "/api/v1/registry/repositories", granted)).status).toBe(403);
});

test("the scopes of an API token narrow what it may do", async () => {
  const readOnly = app.home.headers("owner", ["image:pull"]);
  expect((await pull(readOnly)).status).toBe(200);
  expect((await push(readOnly)).status).toBe(403);
  expect((await pull(app.home.headers("owner", ["project:*"]))).status).toBe(404);
});

test("what several scopes ask for one repository adds up", async () => {
  const client = await ociClient(app, app.home.headers("developer"), `${REPO}:pull`, `${REPO}:pull,push`);
  expect((await client.send("GET", `/v2/${REPO}/manifests/1`)).status).toBe(200);
  expect((await client.send("POST", `/v2/${REPO}/blobs/uploads/`)).status).toBe(202);
});

test("another organisation's repository looks exactly like a missing one, for pull, push and every address", async () => {
  const missing = "home/nothing";
  for (const headers of [other.headers("owner"), other.headers("viewer"), await jobOf(other.id, "other/x")]) {
    const client = await ociClient(app, headers, `${REPO}:pull,push,delete`, `${missing}:pull,push,delete`);
    const paths = [
      ["GET", "manifests/1"],
      ["HEAD", "manifests/1"],
      ["PUT", "manifests/1"],
      ["DELETE", "manifests/1"],
      ["GET", `manifests/${image.manifest.digest}`],
      ["GET", `blobs/${image.config.digest}`],
      ["HEAD", `blobs/${image.config.digest}`],
      ["DELETE", `blobs/${image.config.digest}`],
      ["POST", "blobs/uploads/"],
      ["GET", `blobs/uploads/${Bun.randomUUIDv7()}`],
      ["GET", "tags/list"],
    ] as const;
    for (const [method, path] of paths) {
      const seen = await Promise.all(
        [REPO, missing].map(async (name) => {
          const answer = await client.send(method, `/v2/${name}/${path}`);
          return { status: answer.status, body: await answer.text() };
        }),
      );
      expect(seen[0]).toEqual(seen[1]!);
      expect([method, path, seen[0]?.status]).toEqual([method, path, 404]);
    }
  }
});

test("a job pushes and pulls its own repository and no other", async () => {
  const job = await jobOf(app.home.id, "home/shop/web");
  expect((await push(job, "home/shop/web")).status).toBe(202);
  expect((await push(job)).status).toBe(404);
  expect((await pull(job)).status).toBe(404);
  const foreign = await jobOf(other.id, REPO); // its organisation does not own the repository that it names
  expect((await pull(foreign)).status).toBe(404);
  expect((await push(foreign)).status).toBe(404);
});

test("an agent pulls everything and pushes nothing; other parts of the platform do neither", async () => {
  const agent = await app.identity({ kind: "agent", nodeId: Bun.randomUUIDv7() });
  expect((await pull(agent)).status).toBe(200);
  expect((await push(agent)).status).toBe(403);
  for (const headers of [await app.asApp("ci"), await app.identity({ kind: "runner", runnerId: "r1" })]) {
    expect((await pull(headers)).status).toBe(404);
    expect((await push(headers)).status).toBe(404);
  }
});

test("a token that was never asked for a repository gets the challenge to fetch another one", async () => {
  const client = await ociClient(app, app.home.headers("developer"), "home/one:pull");
  for (const [method, path, scope] of [
    ["GET", `/v2/${REPO}/manifests/1`, `repository:${REPO}:pull`],
    ["POST", "/v2/home/one/blobs/uploads/", "repository:home/one:pull,push"],
  ] as const) {
    const answer = await client.send(method, path);
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toContain(`scope="${scope}"`);
    expect(answer.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
  }
});

test("a blob is mounted only from where the caller may read it", async () => {
  const mount = async (headers: Record<string, string>, target: string, scopes: string[], from = REPO) => {
    const client = await ociClient(app, headers, `${target}:pull,push`, ...scopes);
    const query = `mount=${image.config.digest}&from=${encodeURIComponent(from)}`;
    const answer = await client.send("POST", `/v2/${target}/blobs/uploads/?${query}`);
    const head = await client.send("HEAD", `/v2/${target}/blobs/${image.config.digest}`);
    return [answer.status, head.status];
  };
  expect(await mount(other.headers("owner"), "other/theft", [`${REPO}:pull`])).toEqual([202, 404]);
  expect(await mount(other.headers("owner"), "other/theft", [])).toEqual([202, 404]);
  expect(await mount(app.home.headers("owner"), "home/copy", [])).toEqual([202, 404]);
  expect(await mount(app.home.headers("owner"), "home/copy", ["home/nothing:pull"], "home/nothing")).toEqual([
    202, 404,
  ]);
  expect(await mount(app.home.headers("owner"), "home/copy", [], "../../etc")).toEqual([202, 404]);
  expect(await mount(app.home.headers("owner"), "home/copy", [`${REPO}:pull`])).toEqual([201, 200]);
});

test("knowing the digest of a blob elsewhere does not make it yours", async () => {
  const client = await ociClient(app, other.headers("owner"), "other/app:pull,push");
  const started = await client.send("POST", "/v2/other/app/blobs/uploads/");
  const done = await client.send("PUT", `${started.headers.get("location")}?digest=${image.config.digest}`);
  expect([done.status, await codesOf(done)]).toEqual([400, ["DIGEST_INVALID"]]);
  const manifest = await client.send("PUT", "/v2/other/app/manifests/1", {
    headers: { "content-type": OCI_MANIFEST },
    body: image.manifest.bytes,
  });
  expect([manifest.status, await codesOf(manifest)]).toEqual([400, ["MANIFEST_BLOB_UNKNOWN"]]);
  expect((await client.send("HEAD", `/v2/other/app/blobs/${image.config.digest}`)).status).toBe(404);
});

test("only who may edit deletes", async () => {
  const remove = async (role: "deployer" | "developer") => {
    const client = await ociClient(app, app.home.headers(role), `${REPO}:pull,push,delete`);
    return (await client.send("DELETE", `/v2/${REPO}/blobs/${randomBlob(3).digest}`)).status;
  };
  expect(await remove("deployer")).toBe(403);
  expect(await remove("developer")).toBe(404);
});

const BAD_NAMES = [
  "home",
  "Home/api",
  "home/../other/api",
  "home//api",
  "home/api%00",
  "home/%2e%2e",
  "home/a_-b",
  `home/${"a".repeat(255)}`,
];
test.each(BAD_NAMES)("%s is no repository", async (name) => {
  const client = await ociClient(app, app.home.headers("owner"), `${name}:pull,push`);
  const answer = await client.send("POST", `/v2/${name}/blobs/uploads/`);
  expect([400, 401, 404]).toContain(answer.status);
  expect(answer.headers.get("location")).toBeNull();
});
