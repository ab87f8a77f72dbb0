import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { newId } from "@homeport/kit/ids.ts";
import { abortRollout } from "../src/service/abort-rollout.ts";
import { SEALED } from "../src/service/release-env.ts";
import { startRemoval } from "../src/service/remove-workload.ts";
import { createWorld, putOf, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.database.drop());

const typesOf = async (id: string) => (await world.events(id)).map(({ type }) => type.replace("clusters.", ""));
const roles = async (id: string) =>
  (await world.look(id)).replicas.map(({ role, generation }) => `${role} ${generation}`);
const reason = { code: "exit_code", message: "It ended with exit code 1.", exitCode: 1, lastLines: ["boom"] };

describe("a rollout", () => {
  test("of a first release goes from nothing to traffic", async () => {
    const id = newId();
    await world.put(putOf(id, 1));
    expect(await world.targets(id)).toEqual([]); // its host is known before anything answers there
    await world.step();
    expect(await world.look(id)).toMatchObject({ phase: "rolling_out", rollout: { state: "running" }, serving: null });
    await world.agent.sees({ state: "ready" });
    await world.step();
    expect(await world.targets(id)).toEqual([]); // ready, but not yet for long enough
    world.pass(1_000);
    await world.step();
    expect(await world.look(id)).toMatchObject({
      phase: "settled",
      rollout: { state: "succeeded", generation: 1 },
      serving: { generation: 1, releaseNumber: 1 },
      replicas: [{ role: "serving", state: "ready" }],
    });
    expect(await world.targets(id)).toEqual([{ port: expect.any(Number), state: "ready" }]);
    expect(await typesOf(id)).toEqual(["rollout.started", "rollout.succeeded"]);
  });

  test("switches at once, then drains, stops and forgets the old replica", async () => {
    const id = newId();
    const old = await world.deploy(putOf(id, 1));
    const fresh = await world.deploy(putOf(id, 2));
    expect(await roles(id)).toEqual(["draining 1", "serving 2"]);
    expect((await world.targets(id))?.map(({ state }) => state)).toEqual(["draining", "ready"]);
    expect((await world.agent.sync()).find((replica) => replica.id === old)).toMatchObject({ desired: "running" });
    world.pass(5_000);
    await world.step();
    expect(await roles(id)).toEqual(["stopping 1", "serving 2"]);
    expect((await world.targets(id))?.map(({ state }) => state)).toEqual(["ready"]);
    const wanted = await world.agent.sync();
    expect(wanted.find((replica) => replica.id === old)).toMatchObject({ desired: "stopped" });
    expect(wanted.find((replica) => replica.id === fresh)).toMatchObject({ desired: "running", restart: "always" });
    await world.step();
    expect(await roles(id)).toEqual(["serving 2"]);
    expect((await world.agent.sync()).some((replica) => replica.id === old)).toBe(false);
    const releases = await world.sql`select generation from clusters.releases where workload_id = ${id}`;
    expect(releases.map(({ generation }) => generation)).toEqual([2]);
  });

  test("that crashes leaves the old release serving and says why", async () => {
    const id = newId();
    await world.deploy(putOf(id, 1));
    const before = await world.targets(id);
    await world.put(putOf(id, 2));
    await world.step();
    await world.agent.sees({ state: "exited", reason });
    await world.step();
    expect(await world.look(id)).toMatchObject({
      phase: "settled",
      generation: 2,
      rollout: { state: "failed", generation: 2, reason },
      serving: { generation: 1 },
    });
    expect(await world.targets(id)).toEqual(before);
    await world.agent.sync();
    await world.step();
    expect(await roles(id)).toEqual(["serving 1"]);
    expect((await world.events(id)).at(-1)).toMatchObject({
      type: "clusters.rollout.failed",
      data: { workloadId: id, generation: 2, releaseNumber: 2, reason },
    });
  });

  test("that loses its readiness within the window does not get the traffic", async () => {
    const id = newId();
    await world.put(putOf(id, 1));
    await world.step();
    await world.agent.sees({ state: "ready" });
    await world.step();
    world.pass(500);
    await world.agent.sees({ state: "unhealthy", reason: { code: "http_status", message: "It answers 500." } });
    world.pass(500);
    await world.step();
    expect(await world.look(id)).toMatchObject({
      rollout: { state: "failed", reason: { code: "http_status" } },
      serving: null,
    });
    expect(await world.targets(id)).toEqual([]);
  });

  test("is aborted before it has traffic, and only then", async () => {
    const id = newId();
    await world.deploy(putOf(id, 1));
    await world.put(putOf(id, 2));
    await world.step();
    await abortRollout(world.deps, id, 2);
    await abortRollout(world.deps, id, 2);
    await world.settle();
    expect(await world.look(id)).toMatchObject({
      rollout: { state: "aborted", generation: 2 },
      serving: { generation: 1 },
    });
    expect(await roles(id)).toEqual(["serving 1"]);
    await abortRollout(world.deps, id, 1); // ended long ago
    await world.deploy(putOf(id, 3));
    await abortRollout(world.deps, id, 3);
    expect(await world.look(id)).toMatchObject({ rollout: { state: "succeeded", generation: 3 } });
    expect(await typesOf(id)).toEqual([
      "rollout.started",
      "rollout.succeeded",
      "rollout.started",
      "rollout.aborted",
      "rollout.settled",
      "rollout.started",
      "rollout.succeeded",
    ]);
  });

  test("that was aborted before it arrived is refused when it arrives", async () => {
    const id = newId();
    await world.deploy(putOf(id, 1));
    await abortRollout(world.deps, id, 2);
    await expect(world.put(putOf(id, 2))).rejects.toMatchObject({ code: "conflict" });
    await world.deploy(putOf(id, 3));
    expect(await world.look(id)).toMatchObject({ serving: { generation: 3 } });
  });

  test("is superseded by a newer one while it runs", async () => {
    const id = newId();
    await world.deploy(putOf(id, 1));
    await world.put(putOf(id, 2));
    await world.step();
    await world.agent.sees({ state: "ready" });
    await world.deploy(putOf(id, 3));
    await world.settle();
    expect(await world.look(id)).toMatchObject({ serving: { generation: 3 }, rollout: { state: "succeeded" } });
    expect(await roles(id)).toEqual(["serving 3"]);
    expect((await world.events(id)).find(({ type }) => type.endsWith("superseded"))?.data).toMatchObject({
      generation: 2,
      byGeneration: 3,
    });
  });

  test("of a generation that is known is not begun again, and an older one is refused", async () => {
    const id = newId();
    const put = putOf(id, 2);
    await world.deploy(put);
    await world.put(put);
    expect(await roles(id)).toEqual(["serving 2"]);
    await expect(world.put(putOf(id, 2))).rejects.toMatchObject({ code: "conflict" }); // another release under the same number
    await expect(world.put(putOf(id, 1))).rejects.toMatchObject({ code: "conflict" });
  });

  test("put twice at once begins once", async () => {
    const id = newId();
    const put = putOf(id, 1);
    await Promise.all([world.put(put), world.put(put), world.put(put)]);
    await Promise.all([world.step(), world.step()]);
    expect(await roles(id)).toEqual(["candidate 1"]);
    expect(await typesOf(id)).toEqual(["rollout.started"]);
    await abortRollout(world.deps, id, 1);
  });

  test("to an older release is a rollout like any other", async () => {
    const id = newId();
    const first = putOf(id, 1);
    await world.deploy(first);
    await world.deploy(putOf(id, 2, { hosts: ["other.localhost"] }));
    await world.deploy({ ...first, generation: 3 });
    expect(await world.look(id)).toMatchObject({
      serving: { generation: 3, releaseNumber: 1 },
      hosts: ["api-shop.localhost"],
    });
  });

  test("does not begin to drain before every gateway has the new routes", async () => {
    const id = newId();
    await world.deploy(putOf(id, 1));
    world.gateways.revision = 1;
    try {
      await world.deploy(putOf(id, 2));
      expect(await world.look(id)).toMatchObject({ phase: "rolling_out", rollout: { state: "switching" } });
      expect((await world.targets(id))?.map(({ state }) => state)).toEqual(["draining", "ready"]);
      world.pass(5_000);
      await world.step();
      expect(await roles(id)).toEqual(["draining 1", "serving 2"]);
      world.gateways.revision = Number.MAX_SAFE_INTEGER;
      world.pass(25);
      await world.step();
      expect(await world.look(id)).toMatchObject({ phase: "settled", rollout: { state: "succeeded" } });
      expect(await roles(id)).toEqual(["draining 1", "serving 2"]); // its grace begins only now
      world.pass(5_000);
      await world.step();
      expect(await roles(id)).toEqual(["stopping 1", "serving 2"]);
    } finally {
      world.gateways.revision = null;
    }
  });

  test("that a newer one overtakes while gateways still apply it counts as a success", async () => {
    const id = newId();
    world.gateways.revision = 0;
    try {
      await world.deploy(putOf(id, 1));
      await world.put(putOf(id, 2));
      expect(await typesOf(id)).toEqual(["rollout.started", "rollout.succeeded", "rollout.started"]);
    } finally {
      world.gateways.revision = null;
    }
    await abortRollout(world.deps, id, 2);
  });
});

describe("a serving replica", () => {
  test("that crashed leaves the routes and comes back with its new address", async () => {
    const id = newId();
    const replica = await world.deploy(putOf(id, 1));
    await world.agent.sees({ state: "exited", reason }, replica);
    await world.step();
    expect(await world.targets(id)).toEqual([]);
    await world.agent.sees({ state: "starting", restarts: 1 }, replica);
    await world.step();
    expect(await world.targets(id)).toEqual([]);
    await world.agent.sees({ state: "ready", restarts: 1, address: { host: "127.0.0.1", port: 9999 } }, replica);
    await world.step();
    expect(await world.targets(id)).toEqual([{ port: 9999, state: "ready" }]);
  });

  test("keeps its place while its agent starts again and while its health check fails", async () => {
    const id = newId();
    const replica = await world.deploy(putOf(id, 1));
    const before = await world.targets(id);
    for (const state of ["starting", "running", "unhealthy"] as const) {
      await world.agent.sees({ state }, replica);
      await world.step();
      expect(await world.targets(id)).toEqual(before);
    }
  });
});

describe("a workload", () => {
  test("is drained and stopped before the last of it goes", async () => {
    const id = newId();
    await world.deploy(putOf(id, 1));
    await world.put(putOf(id, 2));
    await world.step();
    expect(await startRemoval(world.deps, id)).toBe(true);
    expect(await startRemoval(world.deps, id)).toBe(true);
    expect(await world.targets(id)).toBeUndefined();
    await world.step();
    expect(await world.look(id)).toMatchObject({ phase: "removing", serving: null });
    expect(await roles(id)).toEqual(["draining 1", "stopping 2"]);
    await world.settle();
    await expect(world.look(id)).rejects.toMatchObject({ code: "not_found" });
    expect(await world.sql`select id from clusters.replicas where workload_id = ${id}`).toHaveLength(0);
    expect(await world.sql`select generation from clusters.releases where workload_id = ${id}`).toHaveLength(0);
    expect((await typesOf(id)).at(-1)).toBe("workload.removed");
    expect(await startRemoval(world.deps, id)).toBe(false);
    await expect(world.put(putOf(id, 3))).rejects.toMatchObject({ code: "gone" });
  });

  test("keeps the variables and files of its releases sealed", async () => {
    const id = newId();
    const file = { path: "/run/secrets/db/KEY", content: Buffer.from("canary-77aa").toString("base64"), mode: 0o444 };
    await world.put(putOf(id, 1, { env: { API_KEY: "canary-5f1c" }, files: [file] }));
    await world.step();
    const dump = await world.database.admin`select * from clusters.releases where workload_id = ${id}`;
    expect(Bun.inspect(dump)).not.toContain("canary-5f1c");
    expect(Bun.inspect(dump)).not.toContain(file.content);
    expect(Buffer.from(dump[0]?.sealed_env).includes("canary-5f1c")).toBe(false);
    expect(Buffer.from(dump[0]?.sealed_files).includes(file.content)).toBe(false);
    for (const column of SEALED.filter(({ table }) => table === "clusters.releases")) {
      const sealed: Uint8Array = dump[0]?.[column.field];
      expect(world.deps.keys.open(column.at(dump[0] ?? {}), sealed).reveal()).toContain("{"); // so it can be sealed anew
    }
    const wanted = await world.agent.sync();
    const told = wanted.find((replica) => replica.workloadId === id);
    expect(told).toMatchObject({ env: { API_KEY: "canary-5f1c" }, files: [file] });
    await abortRollout(world.deps, id, 1);
  });
});
