import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestApp, type TestApp } from "../../../kit/test/app.ts";
import { run, tryRun } from "../../../kit/test/docker/command.ts";
import { app as registry } from "../src/index.ts";
import { blobOf, descriptor, jsonBlob, OCI_INDEX, OCI_MANIFEST, testImage, writeLayout } from "./oci-image.ts";
import { password, skopeoCopy } from "./skopeo.ts";

setDefaultTimeout(120_000);

let app: TestApp;
let dir: string;

beforeAll(async () => {
  app = await startTestApp(registry);
  dir = mkdtempSync(join(tmpdir(), "hp-clients-"));
});
afterAll(async () => {
  await app.stop();
  rmSync(dir, { recursive: true, force: true });
});

test("skopeo pushes an image and pulls the same one", async () => {
  const image = await testImage(3_000_000);
  await writeLayout(join(dir, "in"), image);
  const credentials = `me:${password(app.home.headers("developer"))}`;
  const remote = `docker://${app.host}/home/skopeo/app:1.0`;
  await run(skopeoCopy(`oci:${join(dir, "in")}`, remote, credentials));
  await run(skopeoCopy(remote, `oci:${join(dir, "out")}:1.0`, credentials));
  const pulled = await Bun.file(join(dir, "out/blobs/sha256", image.layers[0]!.digest.slice(7))).bytes();
  expect(pulled).toEqual(image.layers[0]!.bytes);
  const access = ["--tls-verify=false", "--creds", credentials];
  const inspected = JSON.parse(await run(["skopeo", "inspect", ...access, remote]));
  expect([inspected.Digest, inspected.RepoTags]).toEqual([image.manifest.digest, ["1.0"]]);
});

test("skopeo copies an index with its images from one repository to another and deletes it", async () => {
  const layout = join(dir, "multi");
  const image = await testImage();
  await writeLayout(layout, image);
  const index = jsonBlob({
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [{ ...descriptor(OCI_MANIFEST, image.manifest), platform: { os: "linux", architecture: "amd64" } }],
  });
  await Bun.write(join(layout, "blobs/sha256", index.digest.slice(7)), index.bytes);
  const top = { schemaVersion: 2, manifests: [descriptor(OCI_INDEX, index)] };
  await Bun.write(join(layout, "index.json"), JSON.stringify(top));
  const credentials = `me:${password(app.home.headers("developer"))}`;
  const first = `docker://${app.host}/home/multi/one:latest`;
  const second = `docker://${app.host}/home/multi/two:latest`;
  await run(skopeoCopy(`oci:${layout}`, first, credentials, "--all"));
  await run(skopeoCopy(first, second, credentials, "--all"));
  const access = ["--tls-verify=false", "--creds", credentials];
  const raw = await run(["skopeo", "inspect", "--raw", ...access, second]);
  expect(blobOf(new TextEncoder().encode(raw)).digest).toBe(index.digest);
  await run(["skopeo", "delete", ...access, second]);
  expect(await tryRun(["skopeo", "inspect", ...access, second])).toBeFalse();
  await run(["skopeo", "inspect", "--raw", ...access, first]);
});

test("a build job pushes with its own identity, and nowhere else", async () => {
  const layout = join(dir, "job");
  await writeLayout(layout, await testImage());
  const identity = await app.identity({
    kind: "job",
    jobId: Bun.randomUUIDv7(),
    organisationId: app.home.id,
    repository: "home/shop/web",
  });
  const push = (name: string) =>
    tryRun(skopeoCopy(`oci:${layout}`, `docker://${app.host}/${name}:1`, `job:${password(identity)}`));
  expect(await push("home/shop/web")).toBeTrue();
  expect(await push("home/shop/other")).toBeFalse();
});
