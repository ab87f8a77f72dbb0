import { expect, test } from "bun:test";
import { newId } from "@homeport/kit/ids.ts";
import { WorkloadFiles } from "./file.ts";
import { Health, ImageRef } from "./release.ts";
import { DesiredReplica, DesiredState } from "./replica.ts";

const image = { repository: "home/shop/api", digest: `sha256:${"a".repeat(64)}` };

const replica: DesiredReplica = {
  id: newId(),
  workloadId: newId(),
  epoch: 1,
  kind: "service",
  organisationId: newId(),
  projectId: newId(),
  projectSlug: "shop",
  serviceSlug: "api",
  releaseId: newId(),
  releaseNumber: 1,
  image,
  env: { LEVEL: "debug" },
  files: [],
  port: 3000,
  health: { kind: "none" },
  resources: {},
  graceSeconds: 10,
  restart: "never",
  volumes: [],
  desired: "running",
  aliases: ["api"],
};

test("health checks get their defaults", () => {
  expect(Health.parse({ kind: "http", path: "/" })).toEqual({
    kind: "http",
    path: "/",
    timeoutSeconds: 60,
    intervalSeconds: 10,
  });
  expect(Health.parse({ kind: "none" })).toEqual({ kind: "none" });
});

test.each([
  { repository: "home/../../etc", digest: image.digest },
  { repository: "/home/shop", digest: image.digest },
  { repository: "Home/shop", digest: image.digest },
  { repository: "home/shop", digest: "sha256:../../x" },
  { repository: "home/shop", digest: `sha512:${"a".repeat(128)}` },
  { reference: "-v /:/host" },
  { reference: "image name" },
])("the image %j is refused", (wrong) => {
  expect(ImageRef.safeParse(wrong).success).toBe(false);
});

test.each([
  { name: "a path with a line break in it", changes: { health: { kind: "http", path: "/\r\nX: y" } } },
  { name: "a variable with = in its name", changes: { env: { "A=B": "c" } } },
  { name: "a value with NUL", changes: { env: { A: "b\0c" } } },
  { name: "a name that is no DNS label", changes: { aliases: ["Not_A_Name"] } },
  { name: "a name that breaks out of a hosts file", changes: { aliases: ["a\n127.0.0.1 b"] } },
  { name: "a port of nowhere", changes: { port: 0 } },
  { name: "an id that is a path", changes: { id: "../../etc" } },
  { name: "a project that is a path", changes: { projectSlug: "../shop" } },
])("$name is refused", ({ changes }) => {
  expect(DesiredReplica.safeParse(replica).success).toBe(true);
  expect(DesiredReplica.safeParse({ ...replica, ...changes }).success).toBe(false);
});

test("a state that does not say it is whole is refused", () => {
  const state = { nodeId: newId(), generation: 1, replicas: [replica] };
  expect(DesiredState.safeParse({ ...state, complete: true }).success).toBe(true);
  expect(DesiredState.safeParse({ ...state, complete: false }).success).toBe(false);
  expect(DesiredState.safeParse(state).success).toBe(false);
});

const fileAt = (path: string, more: object = {}) => ({ path, content: "", ...more });

test("files are for reading unless told otherwise", () => {
  const path = "/run/secrets/db/tls.key";
  expect(WorkloadFiles.parse([fileAt(path)])).toEqual([{ path, content: "", mode: 0o444 }]);
});

test.each([
  { name: "a path from nowhere", files: [fileAt("run/secrets/a")] },
  { name: "a path upwards", files: [fileAt("/run/../etc/passwd")] },
  { name: "a path through itself", files: [fileAt("/run/./a")] },
  { name: "a path with an empty name", files: [fileAt("/run//a")] },
  { name: "a folder", files: [fileAt("/run/secrets/")] },
  { name: "a file in the root", files: [fileAt("/a")] },
  { name: "a file of the kernel", files: [fileAt("/proc/sys/a")] },
  { name: "a path with a comma, which would end an option", files: [fileAt("/run/a,source=/etc")] },
  { name: "a path twice", files: [fileAt("/run/a"), fileAt("/run/a")] },
  { name: "a mode for writing", files: [fileAt("/run/a", { mode: 0o644 })] },
  { name: "a mode of another user", files: [fileAt("/run/a", { mode: 0o4555 })] },
  { name: "what is not base64", files: [fileAt("/run/a", { content: "!" })] },
  { name: "more than 32 KiB", files: [fileAt("/run/a", { content: "A".repeat(43_696) })] },
  {
    name: "too much together",
    files: Array.from({ length: 10 }, (_, i) => fileAt(`/run/${i}`, { content: "A".repeat(43_692) })),
  },
])("files with $name are refused", ({ files }) => {
  expect(WorkloadFiles.safeParse(files).success).toBe(false);
});
