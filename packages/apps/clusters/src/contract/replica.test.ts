import { expect, test } from "bun:test";
import { newId } from "@homeport/kit/ids.ts";
import { Health, ImageRef } from "./release.ts";
import { DesiredReplica, DesiredState } from "./replica.ts";

const image = { repository: "home/shop/api", digest: `sha256:${"a".repeat(64)}` };

const replica: DesiredReplica = {
  id: newId(),
  workloadId: newId(),
  organisationId: newId(),
  projectId: newId(),
  projectSlug: "shop",
  serviceSlug: "api",
  releaseId: newId(),
  releaseNumber: 1,
  image,
  env: { LEVEL: "debug" },
  port: 3000,
  health: { kind: "none" },
  resources: {},
  graceSeconds: 10,
  restart: "never",
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
