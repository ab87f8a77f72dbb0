import { expect, test } from "bun:test";
import type { DeploymentId } from "@homeport/kit/ids.ts";
import { createLogger } from "@homeport/kit/log.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { pinKeyOf } from "../src/deployment.ts";
import { startTeardowns } from "../src/service/teardown.ts";
import { claimTeardowns, insertTeardowns, renewTeardown } from "../src/store/teardowns.ts";
import { ADA } from "./bench.ts";
import { sharedBench } from "./shared-bench.ts";

const shared = sharedBench();
const log = createLogger("test");
const MANY = 3_000;

/** A workload that was deployed very often, and is removed while its newest deployment is under way. */
const removedWorkload = async () => {
  const { bench } = shared;
  const { service, deployment } = await shared.start();
  const { sql } = bench;
  await sql`
    insert into deployments.deployments
      (id, organisation_id, project_id, service_id, workload_id, cause, state, created_by, started_at, finished_at)
    select gen_random_uuid(), organisation_id, project_id, service_id, workload_id, cause, 'live', created_by,
      now(), now()
    from deployments.deployments, generate_series(1, ${MANY - 1})
    where id = ${deployment.id}`;
  await sql`delete from deployments.teardowns`;
  await sql.begin((tx) => insertTeardowns(tx, [service.workloadId]));
  const [row] = await sql<{ ids: DeploymentId[] }[]>`select deployment_ids as ids from deployments.teardowns`;
  const ids = row?.ids ?? [];
  for (const id of ids) bench.pins.set(pinKeyOf(id), "sha256:x");
  bench.calls.length = 0;
  return { deployment, ids };
};

const count = (call: string): number => shared.bench.calls.filter((each) => each === call).length;

const progress = async () => {
  const [row] = await shared.bench.sql<{ state: string; doneCount: number; isLeased: boolean }[]>`
    select state, done_count as "doneCount", lease_until > now() as "isLeased" from deployments.teardowns`;
  return row;
};

test("what thousands of deployments left is taken away in pieces, which nobody begins anew", async () => {
  const { bench } = shared;
  const { deployment, ids } = await removedWorkload();
  expect([ids.length, ids[0]]).toEqual([MANY, deployment.id]); // what is under way is stopped before anything else
  const first = new AbortController();
  const reached = Promise.withResolvers<void>();
  const waiting = Promise.withResolvers<void>();
  const { unpin } = bench.outside.images;
  const images = {
    ...bench.outside.images,
    unpin: async (key: string) => {
      if (count("images.unpin") === 1_010) {
        reached.resolve();
        await waiting.promise;
      }
      await unpin(key);
    },
  };
  const one = startTeardowns({ sql: bench.sql, log, signal: first.signal }, { ...bench.outside, images });
  await reached.promise;
  expect(await progress()).toMatchObject({ state: "removing", doneCount: 1_000, isLeased: true });
  expect(await claimTeardowns(bench.sql, 10)).toEqual([]); // it is somebody's
  first.abort();
  waiting.resolve();
  await one.done;
  const stopped = await progress();
  expect(stopped).toMatchObject({ state: "removing", isLeased: null });
  expect(count("images.unpin")).toBe(stopped?.doneCount ?? 0);
  const second = new AbortController();
  const other = startTeardowns({ sql: bench.sql, log, signal: second.signal }, bench.outside);
  await waitFor(async () => (await progress())?.state === "settling", { timeoutMs: 30_000 });
  expect([count("builds.cancel"), count("images.unpin"), count("rollouts.remove")]).toEqual([MANY, MANY, 1]);
  expect(ids.filter((id) => bench.pins.has(pinKeyOf(id)))).toEqual([]);
  // A step that was under way pinned its image once more: what was not over is looked at again.
  bench.pins.set(pinKeyOf(deployment.id), "sha256:x");
  await bench.sql`update deployments.teardowns set step_at = now()`;
  second.abort();
  await other.done;
  const third = new AbortController();
  const last = startTeardowns({ sql: bench.sql, log, signal: third.signal }, bench.outside);
  await waitFor(async () => (await progress()) === undefined, { timeoutMs: 30_000 });
  third.abort();
  await last.done;
  expect(bench.pins.has(pinKeyOf(deployment.id))).toBe(false);
  expect(count("images.unpin")).toBe(MANY + 1);
}, 120_000);

test("a process that dies leaves how far it came to the next one", async () => {
  const { bench } = shared;
  await removedWorkload();
  await bench.sql`update deployments.teardowns set done_count = 2900, lease_token = gen_random_uuid(), lease_until = now()`;
  const stopping = new AbortController();
  const loop = startTeardowns({ sql: bench.sql, log, signal: stopping.signal }, bench.outside);
  await waitFor(async () => (await progress())?.state === "settling", { timeoutMs: 30_000 });
  stopping.abort();
  await loop.done;
  expect(count("images.unpin")).toBe(100);
}, 60_000);

test("a removed service of many deployments is answered for at once, what runs of it first", async () => {
  const { bench } = shared;
  const { service } = await shared.start();
  await bench.sql`
    insert into deployments.deployments
      (id, organisation_id, project_id, service_id, workload_id, cause, state, created_by, started_at, finished_at)
    select gen_random_uuid(), organisation_id, project_id, service_id, workload_id, cause, 'live', created_by,
      now(), now()
    from deployments.deployments, generate_series(1, 500)
    where workload_id = ${service.workloadId}`;
  bench.calls.length = 0;
  await bench.services.remove(service, { actor: ADA, may: () => true });
  expect(bench.calls[0]).toBe("rollouts.remove");
  expect(count("images.unpin")).toBe(50);
}, 60_000);

test("a lease that is renewed is nobody else's, and one that was lost cannot be", async () => {
  const { bench } = shared;
  await removedWorkload();
  const [claimed] = await claimTeardowns(bench.sql, 1);
  if (claimed === undefined) throw new Error("nothing was due");
  await bench.sql`update deployments.teardowns set lease_until = now() - interval '1 second'`;
  expect(await renewTeardown(bench.sql, claimed)).toBe(true);
  expect(await claimTeardowns(bench.sql, 1)).toEqual([]);
  await bench.sql`update deployments.teardowns set lease_until = now() - interval '1 second'`;
  expect(await claimTeardowns(bench.sql, 1)).toHaveLength(1);
  expect(await renewTeardown(bench.sql, claimed)).toBe(false);
});
