import { expect, test } from "bun:test";
import { serviceCommands } from "./service-commands.ts";
import { AT, deployment, me, problem, service, whoami } from "./stub-platform.ts";

const { cli, platform } = serviceCommands();
const notThere = () => problem(404, "not_found", "There is no such service.");

test("status shows who, nodes and services; --json is one document", async () => {
  platform.on("GET /auth/whoami", whoami);
  platform.on("GET /auth/me", me);
  const node = {
    nodeId: deployment().id,
    name: "node-1",
    engine: "process",
    engineVersion: "1",
    version: "1",
    capacity: { cpus: 2, memoryMiB: 1024 },
    isolates: false,
    state: "online",
    lastSeenAt: AT,
    registeredAt: AT,
    replicaCount: 1,
  };
  platform.on("GET /clusters/nodes", { items: [node], nextCursor: null });
  platform.on("GET /deployments/projects", {
    items: [{ id: deployment().id, slug: "shop", createdAt: AT, serviceCount: 1 }],
    nextCursor: null,
  });
  platform.on("GET /deployments/projects/shop/services", {
    items: [service({ latest: deployment() })],
    nextCursor: null,
  });
  const text = await cli(["status"]);
  expect(text.stdout).toContain(`${platform.url} as ada@example.com, owner of home`);
  expect(text.stdout).toContain("node node-1: online, process (does not isolate)");
  expect(text.stdout).toMatch(/shop\/api +live +3 +http:\/\/api-shop/);
  const { code, stdout, stderr } = await cli(["status", "--json"]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(JSON.parse(stdout).services).toEqual([
    { project: "shop", service: "api", state: "live", release: 3, url: deployment().url },
  ]);
});

test("status of who does not run the platform leaves the nodes out; of a service account, the person", async () => {
  platform.on("GET /clusters/nodes", notThere);
  platform.on("GET /deployments/projects", { items: [], nextCursor: null });
  platform.on("GET /auth/whoami", { ...whoami, kind: "service", name: "ci", role: "viewer" });
  const { code, stdout } = await cli(["status", "--json"]);
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    {
      url: platform.url,
      person: null,
      serviceAccount: "ci",
      organisation: me.organisation,
      role: "viewer",
      instanceRole: null,
      scopes: ["*"],
      nodes: [],
      services: [],
    },
  ]);
  platform.on("GET /auth/whoami", () => problem(401, "unauthenticated", "Sign in first."));
  expect(await cli(["status"])).toEqual({ code: 1, stdout: "", stderr: "Sign in first.\n" });
});
