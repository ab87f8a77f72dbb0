import { describe, expect, test } from "bun:test";
import { createLogger } from "@homeport/kit/log.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { type Deployment, pinKeyOf } from "../src/deployment.ts";
import type { Project } from "../src/project.ts";
import type { RetentionRule } from "../src/retention.ts";
import { createEditEnvironments } from "../src/service/edit-environments.ts";
import { createReleases } from "../src/service/releases.ts";
import { lookAtRetention, startRetention } from "../src/service/retention.ts";
import { createTeardowns } from "../src/service/teardown.ts";
import { openRelease } from "../src/service/wanted-release.ts";
import type { Service } from "../src/service.ts";
import { findReleaseByNumber } from "../src/store/releases.ts";
import { claimLooks } from "../src/store/retention.ts";
import { lockWorkload } from "../src/store/workloads.ts";
import { ADA, BY_ADA } from "./bench.ts";
import { CRASHED } from "./outside.ts";
import { sharedBench } from "./shared-bench.ts";

const shared = sharedBench();
const log = createLogger("test");
const KEEP_TWO: RetentionRule = { keptCount: 2, keepDays: 0 };

const look = (service: Service, rule = KEEP_TWO) => {
  const { sql, outside } = shared.bench;
  return lookAtRetention({ sql, images: outside.images, rule: () => rule }, service.workloadId);
};

/** Deploys `count` times: releases 1 to `count`, the last of them live. */
const deployed = async (count: number): Promise<{ service: Service; deployments: Deployment[] }> => {
  const service = await shared.bench.newService();
  const deployments: Deployment[] = [];
  for (let n = 0; n < count; n += 1) deployments.push(await shared.bench.deployLive(service));
  return { service, deployments };
};

const kept = async ({ workloadId }: Service): Promise<number[]> => {
  const rows = await shared.bench.sql<{ number: number }[]>`
    select number from deployments.releases where workload_id = ${workloadId} and collected_at is null order by number`;
  return rows.map(({ number }) => number);
};

const labels = async ({ workloadId }: Service): Promise<string[]> => {
  const rows = await shared.bench.sql<{ label: string }[]>`
    select label from deployments.host_labels where workload_id = ${workloadId} order by created_at, label`;
  return rows.map(({ label }) => label);
};

const isPinned = ({ id }: Deployment): boolean => shared.bench.pins.has(pinKeyOf(id));

describe("a release that is not kept any more", () => {
  test("gives its image, variables and address back, and says so to who goes back to it", async () => {
    const { bench } = shared;
    const { service, deployments } = await deployed(6);
    const releaseId = deployments[0]?.releaseId;
    if (releaseId == null) throw new Error("no release");
    expect(await labels(service)).toHaveLength(7);
    expect(await look(service)).toBe(false);
    expect(await kept(service)).toEqual([3, 4, 5, 6]);
    expect(deployments.map(isPinned)).toEqual([false, false, true, true, true, true]);
    expect(await openRelease(bench.context, service, releaseId)).toBeNull();
    const [row] = await bench.sql`
      select env_sealed as env, files_sealed as files from deployments.releases where id = ${releaseId}`;
    expect({ ...row }).toEqual({ env: null, files: null });
    expect(await labels(service)).toHaveLength(5);
    expect((await labels(service))[0]).toBe(service.hostLabel);
    const sentence =
      "Release 1 is not kept any more: its image, variables and files were let go of, so it cannot run again.";
    expect(bench.deploys.rollback(service, 1, ADA)).rejects.toThrow(sentence);
    expect(createReleases(bench.sql).keep(service, 1, true)).rejects.toThrow(sentence);
    expect(await bench.deploys.rollback(service, 3, ADA)).toMatchObject({ state: "queued" });
  });

  test("is told of in the event log and the audit log, by the app, once", async () => {
    const { service } = await deployed(6);
    await look(service);
    await look(service);
    const { admin } = shared.bench.database;
    const events = await admin`
      select data, actor from platform.events
      where subject = ${service.workloadId} and type = 'deployments.releases.collected'`;
    expect(events.map((row) => ({ ...row }))).toEqual([
      {
        data: { serviceId: service.id, serviceSlug: "api", environment: "production", releases: [1, 2] },
        actor: null,
      },
    ]);
    const entries = await admin<{ content: Record<string, unknown> }[]>`
      select content::jsonb as content from platform.audit_entries
      where content::jsonb ->> 'action' = 'release:collect' and content::jsonb -> 'subject' ->> 'id' = ${service.id}`;
    expect(entries.map(({ content }) => [content.before, content.reason])).toEqual([
      [{ environment: "production", releases: [1, 2] }, "Retention: 2 releases are kept, and those of 0 days"],
    ]);
  });

  test("gives its image back later, when the registry does not answer, however often the process dies", async () => {
    const { bench } = shared;
    const { service, deployments } = await deployed(5);
    bench.away.add("images");
    await expect(look(service)).rejects.toThrow("does not answer");
    expect(await kept(service)).toEqual([2, 3, 4, 5]);
    expect(deployments.map(isPinned)[0]).toBe(true);
    bench.away.clear();
    for (const when of ["before", "after"] as const) {
      bench.crashAt({ call: "images.unpin", when });
      await expect(look(service)).rejects.toThrow();
    }
    bench.calls.length = 0;
    await look(service);
    expect(deployments.map(isPinned)[0]).toBe(false);
    await look(service);
    expect(bench.calls).toEqual(["images.unpin"]); // nothing is given back twice once it was noted
  });

  test("keeps no image of a step that was thought dead and comes back late", async () => {
    const { bench } = shared;
    const { service, deployment } = await shared.start();
    bench.succeedBuild(deployment.id);
    let wasPinned: boolean | null = null;
    bench.during("images.pin", async () => {
      await bench.pass(); // its lease ran out: another process takes the step
      bench.endRollout(service.workloadId, { state: "failed", reason: CRASHED });
      await bench.pass();
      await bench.sql`
        update deployments.releases set created_at = now() - interval '2 days' where workload_id = ${service.workloadId}`;
      await look(service);
      wasPinned = isPinned(deployment);
    });
    await bench.pass();
    expect((await bench.get(deployment)).state).toBe("failed");
    expect([await kept(service), wasPinned, isPinned(deployment)]).toEqual([[], false, false]);
  });
});

describe("a release is kept", () => {
  test("by hand, until it is not", async () => {
    const { bench } = shared;
    const { service } = await deployed(6);
    const releases = createReleases(bench.sql);
    await releases.keep(service, 1, true);
    await look(service);
    expect(await kept(service)).toEqual([1, 3, 4, 5, 6]);
    await bench.sql`update deployments.retention_looks set look_at = 'infinity'`;
    await releases.keep(service, 1, false);
    expect((await claimLooks(bench.sql, 10)).map(({ workloadId }) => workloadId)).toEqual([service.workloadId]);
    await look(service);
    expect(await kept(service)).toEqual([3, 4, 5, 6]);
  });

  test("while a deployment goes back to it, also one that begins while the retention looks", async () => {
    const { bench } = shared;
    const { service } = await deployed(6);
    const { promise: meanwhile, resolve: goOn } = Promise.withResolvers<void>();
    const { promise: isHeld, resolve: held } = Promise.withResolvers<void>();
    const release = await findReleaseByNumber(bench.sql, service.workloadId, 1);
    const other = bench.sql.begin(async (tx) => {
      await tx`select id from deployments.releases where id = ${release?.id ?? null} for share`;
      held();
      await meanwhile;
    });
    await isHeld;
    await look(service); // passes over what somebody else is about to use
    goOn();
    await other;
    expect(await kept(service)).toEqual([1, 3, 4, 5, 6]);
    await bench.deploys.rollback(service, 1, ADA);
    await look(service);
    expect(await kept(service)).toEqual([1, 3, 4, 5, 6]);
    await bench.settle();
    bench.endRollout(service.workloadId, { state: "succeeded" });
    await bench.pass();
    await look(service);
    expect(await kept(service)).toEqual([1, 5, 6]); // live again; nothing was live before it by number
  });

  test("when it is gone back to in the moment in which it would be collected", async () => {
    const { bench } = shared;
    const { service } = await deployed(5);
    const waitingFor = async (count: number) => {
      const [row] = await bench.database.admin<{ count: number }[]>`
        select count(*)::int as count from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`;
      return row?.count === count;
    };
    const both: Promise<unknown>[] = [];
    await bench.sql.begin(async (tx) => {
      await lockWorkload(tx, service.workloadId);
      both.push(look(service));
      await waitFor(() => waitingFor(1));
      both.push(bench.deploys.rollback(service, 1, ADA)); // the release is there, but its turn comes after the retention's
      await waitFor(() => waitingFor(2));
    });
    await Promise.all(both);
    expect(await kept(service)).toEqual([1, 2, 3, 4, 5]);
  });

  test("where it is live, when the one that it was promoted from is not: its image stays", async () => {
    const { bench } = shared;
    const service = await bench.newService();
    const { sql, context, outside, scope } = bench;
    const teardowns = createTeardowns({ sql, log }, outside);
    const applying = { sql, keys: context.keys, urls: context.urls, wake: () => {}, teardowns };
    const project = { id: service.projectId, organisationId: service.organisationId } as Project;
    await createEditEnvironments(applying).create(project, { slug: "staging", branchPattern: null }, BY_ADA);
    const staging = await bench.reads.findIn(scope, service, "staging");
    if (staging === null) throw new Error("there is no staging");
    const first = await bench.deployLive(staging);
    const promoted = await bench.deploys.promote(service, staging, 1, ADA);
    for (let n = 0; n < 4; n += 1) await bench.deployLive(staging);
    await look(staging);
    expect(await kept(staging)).toEqual([1, 2, 3, 4, 5]); // the promotion is not over
    await bench.settle();
    bench.endRollout(service.workloadId, { state: "succeeded" });
    await bench.pass();
    await look(staging);
    await look(service);
    expect([await kept(staging), await kept(service)]).toEqual([[2, 3, 4, 5], [1]]);
    expect([first, promoted].map(isPinned)).toEqual([false, true]);
  });
});

describe("the retention's loop", () => {
  test("looks at what has a new release, and leaves what another process looks at", async () => {
    const { bench } = shared;
    const { service, deployments } = await deployed(5);
    const { service: other } = await deployed(5);
    await bench.sql`update deployments.retention_looks set look_at = 'infinity', lease_token = null, lease_until = null`;
    await bench.sql`update deployments.retention_looks set look_at = now() where workload_id = ${other.workloadId}`;
    const [held] = await claimLooks(bench.sql, 10);
    expect(held?.workloadId).toBe(other.workloadId);
    await bench.sql`update deployments.retention_looks set look_at = now()`;
    const stopping = new AbortController();
    const loops = [1, 2].map(() =>
      startRetention({ sql: bench.sql, log, signal: stopping.signal }, bench.outside.images, () => KEEP_TWO),
    );
    const looksAgainIn = async ({ workloadId }: Service) => {
      const [row] = await bench.sql<{ minutes: number; isLeased: boolean }[]>`
        select extract(epoch from look_at - now()) / 60 as minutes, lease_until is not null as "isLeased"
        from deployments.retention_looks where workload_id = ${workloadId}`;
      return row;
    };
    await waitFor(async () => Number((await looksAgainIn(service))?.minutes) > 50, { timeoutMs: 10_000 });
    stopping.abort();
    await Promise.all(loops.map(({ done }) => done));
    expect(await kept(service)).toEqual([2, 3, 4, 5]);
    expect(deployments.map(isPinned)[0]).toBe(false);
    expect(await kept(other)).toEqual([1, 2, 3, 4, 5]);
    expect((await looksAgainIn(other))?.isLeased).toBe(true);
  });
});
