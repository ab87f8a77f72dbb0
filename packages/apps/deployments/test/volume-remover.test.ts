import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { createLogger } from "@homeport/kit/log.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import type { Project } from "../src/project.ts";
import { createRestoreVolume } from "../src/service/restore-volume.ts";
import { startVolumeRemover } from "../src/service/volume-remover.ts";
import { createVolumes } from "../src/service/volumes.ts";
import type { Service } from "../src/service.ts";
import { findKeptVolume } from "../src/store/kept-volumes.ts";
import type { KeptVolume, VolumeDataId } from "../src/volume.ts";
import { ADA, type Bench, BY_ADA, startBench } from "./bench.ts";

const IMAGE = { kind: "image", reference: "home/cache:7" } as const;

let bench: Bench;
let applying: Parameters<typeof createVolumes>[0];
beforeAll(async () => {
  bench = await startBench();
  const { sql, context } = bench;
  applying = { sql, keys: context.keys, urls: context.urls, wake: () => {}, teardowns: { now: async () => {} } };
}, 60_000);
afterAll(() => bench?.database.drop());
beforeEach(() => {
  bench.away.clear();
  bench.volumes.removals.clear();
  bench.volumes.answer = { state: "removed" };
});

/** A service that had a volume, which was removed since and is mounted by nothing any more. */
const removedVolume = async (): Promise<{ service: Service; kept: KeptVolume }> => {
  const volumes = createVolumes(applying);
  const service = await bench.newService(IMAGE);
  const { volume } = await volumes.create(service, { slug: "data", path: "/data" }, BY_ADA, false);
  await bench.deployLive(service);
  await volumes.remove(service, volume, "data", BY_ADA, false);
  await bench.deployLive(service);
  return { service, kept: await keptOf(service, volume.dataId) };
};
const keptOf = async ({ projectId, organisationId }: Service, id: VolumeDataId): Promise<KeptVolume> => {
  const kept = await findKeptVolume(bench.sql, { id: projectId, organisationId }, id);
  if (kept === null) throw new Error("it is not kept");
  return kept;
};
const isThere = async ({ id }: KeptVolume): Promise<boolean> =>
  (await bench.sql`select id from deployments.volume_data where id = ${id}`).length === 1;
const letDaysPass = (days: number) => bench.sql`
  update deployments.volume_data set delete_at = delete_at - ${days} * interval '1 day' where removed_at is not null`;
const letSecondsPass = (seconds: number) => bench.sql`
  update deployments.volume_data set
    step_at = step_at - ${seconds} * interval '1 second', lease_until = lease_until - ${seconds} * interval '1 second'
  where removed_at is not null`;
const removalsOf = ({ id }: KeptVolume) => [...bench.volumes.removals].filter(([, { volumeId }]) => volumeId === id);

/** Runs the loop until something is so. */
const removing = async (until: () => boolean | Promise<boolean>): Promise<void> => {
  const stopping = new AbortController();
  const { sql, outside } = bench;
  const loop = startVolumeRemover({ sql, log: createLogger("test"), signal: stopping.signal }, outside);
  try {
    await waitFor(
      async () => {
        loop.wake();
        return await until();
      },
      { timeoutMs: 10_000 },
    );
  } finally {
    stopping.abort();
    await loop.done;
  }
};

test("data is deleted on the node that has it once its week is over, and not before", async () => {
  const first = await removedVolume();
  await letDaysPass(8);
  const second = await removedVolume();
  await removing(async () => !(await isThere(first.kept)));
  expect(removalsOf(first.kept)).toMatchObject([[expect.any(String), { nodeId: bench.volumes.node }]]);
  expect(await isThere(second.kept)).toBe(true);
  expect(removalsOf(second.kept)).toEqual([]);
});

test("what never was on a node is forgotten without asking one", async () => {
  const volumes = createVolumes(applying);
  const service = await bench.newService(IMAGE);
  const { volume } = await volumes.create(service, { slug: "data", path: "/data" }, BY_ADA, false);
  await volumes.remove(service, volume, "data", BY_ADA, false);
  const kept = await keptOf(service, volume.dataId);
  await letDaysPass(8);
  await removing(async () => !(await isThere(kept)));
  expect(removalsOf(kept)).toEqual([]);
});

test("what a removed project left is kept for its week, too, and deleted then", async () => {
  const { service, kept } = await removedVolume();
  await bench.services.remove(service, BY_ADA);
  const project = { id: service.projectId, organisationId: service.organisationId, slug: service.projectSlug };
  await bench.projects.remove(bench.scope, project as Project, ADA);
  const other = await removedVolume();
  await removing(async () => await isThere(kept));
  await letDaysPass(8);
  await removing(async () => !(await isThere(kept)) && !(await isThere(other.kept)));
  expect(removalsOf(kept)).toHaveLength(1);
});

test("a node that fails is asked again later by another task, and until then the reason is told", async () => {
  const { service, kept } = await removedVolume();
  const reason = { code: "volume_in_use", message: "A replica has the volume mounted." };
  bench.volumes.answer = { state: "failed", reason };
  await letDaysPass(8);
  await removing(async () => (await keptOf(service, kept.id)).reason !== null);
  expect((await keptOf(service, kept.id)).reason).toEqual(reason);
  expect(removalsOf(kept)).toHaveLength(1);
  bench.volumes.answer = { state: "removed" };
  await letSecondsPass(3_600);
  await removing(async () => !(await isThere(kept)));
  const [first, second] = removalsOf(kept);
  expect(first?.[0]).not.toBe(second?.[0]);
});

test("a process that dies while it asks leaves nothing twice: the next one asks for the same task", async () => {
  const { kept } = await removedVolume();
  await letDaysPass(8);
  bench.crashAt({ call: "volumeNodes.remove", when: "after" });
  bench.volumes.answer = { state: "underway" };
  await removing(() => removalsOf(kept).length === 1);
  bench.volumes.answer = { state: "removed" };
  for (const [, removal] of removalsOf(kept)) removal.state = { state: "removed" };
  await letSecondsPass(3_600);
  await removing(async () => !(await isThere(kept)));
  expect(removalsOf(kept)).toHaveLength(1);
});

test("while the clusters app is away it waits, for as long as that takes", async () => {
  const { kept } = await removedVolume();
  await letDaysPass(8);
  bench.away.add("volumeNodes");
  const asked = () => bench.calls.filter((call) => call === "volumeNodes.remove").length;
  const before = asked();
  await removing(() => asked() > before);
  expect(await isThere(kept)).toBe(true);
  bench.away.clear();
  await letSecondsPass(3_600);
  await removing(async () => !(await isThere(kept)));
});

test("what a live release has mounted outlives its week, until another release is live", async () => {
  const volumes = createVolumes(applying);
  const service = await bench.newService(IMAGE);
  const { volume } = await volumes.create(service, { slug: "data", path: "/data" }, BY_ADA, false);
  await bench.deployLive(service);
  await volumes.remove(service, volume, "data", BY_ADA, false);
  const kept = await keptOf(service, volume.dataId);
  const other = await removedVolume();
  await letDaysPass(8);
  await removing(async () => !(await isThere(other.kept)));
  expect(await isThere(kept)).toBe(true);
  await bench.deployLive(service);
  await removing(async () => !(await isThere(kept)));
});

test("data goes to another service only once nothing of the former one runs with it, and to the same node", async () => {
  const { service, kept } = await removedVolume();
  const target = await bench.services.create(
    bench.scope,
    { id: service.projectId, organisationId: service.organisationId } as never,
    { slug: "web", source: IMAGE, settings: service.settings },
    BY_ADA,
  );
  const restore = createRestoreVolume(applying, bench.outside);
  const bring = () => restore(bench.scope, kept, { service: "web" }, BY_ADA);
  const [former] = await bench.sql<{ id: string }[]>`
    select id from deployments.releases where workload_id = ${service.workloadId} and number = 1`;
  bench.volumes.running.set(service.workloadId, [former?.id as never]);
  await expect(bring()).rejects.toThrow("api in production still runs with data. Once it has stopped, try again.");
  bench.volumes.running.clear();
  const otherNode = Bun.randomUUIDv7();
  const place = (nodeId: string | null) =>
    bench.sql`update deployments.workloads set volume_node_id = ${nodeId} where id = ${target.workloadId}`;
  await place(otherNode);
  await expect(bring()).rejects.toThrow("are on another node than data is");
  await place(null);
  await bench.sql`update deployments.volume_data set epoch = 41 where id = ${kept.id}`;
  await bring();
  const live = await bench.deployLive(target);
  expect(live).toMatchObject({ state: "live", generation: 42 });
  expect(bench.rollouts.get(target.workloadId)?.wanted).toMatchObject({ nodeId: kept.nodeId });
});

test("of two who bring the same data back, one has it", async () => {
  const { kept } = await removedVolume();
  const restore = createRestoreVolume(applying, bench.outside);
  const both = ["one", "two"].map((slug) => restore(bench.scope, kept, { service: "api", slug }, BY_ADA));
  const ended = await Promise.allSettled(both);
  expect(ended.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const rows = await bench.sql`select slug from deployments.volumes where project_id = ${kept.projectId}`;
  expect(rows).toHaveLength(1);
});
