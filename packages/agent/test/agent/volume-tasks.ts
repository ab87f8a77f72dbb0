import { expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import type { DesiredReplica } from "@homeport/clusters/contract.ts";
import { newId } from "@homeport/kit/ids.ts";
import { waitFor } from "../../../kit/test/wait-for.ts";
import { type AgentBench, LONG } from "./agent-bench.ts";

/** Volumes under an agent: who may have them when, and what it does with them when it is asked to. */
export const testVolumeTasks = (bench: AgentBench): void => {
  const volumesAt = (): DesiredReplica["volumes"] => [{ volumeId: newId() as string, name: "data", path: "/data" }];
  const idOf = (replica: DesiredReplica): string => replica.volumes[0]?.volumeId ?? "";
  const ask = async (...args: Parameters<typeof bench.control.ask>) => bench.answer(bench.control.ask(...args).id);
  const write = (replica: DesiredReplica, path: string, text: string): Promise<string> =>
    bench.ask(replica, `/write?${new URLSearchParams({ path, text })}`);
  const snapshotOf = async (volumeId: string) => {
    const snapshotId = newId() as string;
    const report = await ask({ kind: "volume.snapshot", volumeId, snapshotId });
    if (report.state !== "succeeded" || report.result.kind !== "volume.snapshot")
      throw new Error(JSON.stringify(report));
    return report.result;
  };
  const served = async (changes: Partial<DesiredReplica> = {}): Promise<DesiredReplica> => {
    const replica = bench.wish({ volumes: volumesAt(), restart: "always", ...changes });
    bench.control.want(replica);
    await bench.until(replica, "ready");
    return replica;
  };
  const stopped = async (replica: DesiredReplica): Promise<void> => {
    bench.control.want({ ...replica, desired: "stopped" });
    await bench.until(replica, "stopped");
    bench.control.want();
  };
  const remove = (...ids: string[]) =>
    Promise.all(ids.map((id) => bench.agent.engine.volumes.remove(id, new AbortController().signal)));

  test("a replica waits until the one before it has let go of the volume, and finds its data", async () => {
    const first = await served();
    await write(first, "/data/file", "kept");
    const next = {
      ...bench.wish({ ...first, id: newId() as string, epoch: 2, releaseNumber: 2 }),
      restart: "never" as const,
    };
    bench.control.want(first, next);
    await waitFor(() => bench.control.seen(next.id)?.state === "starting", LONG);
    expect((await bench.agent.engine.list()).map(({ id }) => id)).toEqual([first.id]);
    bench.control.want({ ...first, desired: "stopped" }, next);
    await bench.until(next, "ready");
    expect(await bench.ask(next, "/read?path=/data/file")).toContain("kept");
    await stopped(next);
    await remove(idOf(first));
  });

  test("what a volume holds is measured and shown, while a replica uses it", async () => {
    const replica = await served();
    await write(replica, "/data/notes/today", "rain");
    const volumeId = idOf(replica);
    expect(await ask({ kind: "volume.usage", volumeId })).toMatchObject({
      state: "succeeded",
      result: { kind: "volume.usage", files: 2, sizeMiB: null },
    });
    expect(await ask({ kind: "volume.browse", volumeId, path: "/notes" })).toMatchObject({
      state: "succeeded",
      result: { found: { entries: [{ name: "today", type: "file", bytes: 4 }] } },
    });
    const missing = await ask({ kind: "volume.browse", volumeId: newId(), path: "/" });
    expect(missing).toMatchObject({ state: "failed", reason: { code: "volume_not_found" } });
    await stopped(replica);
    await remove(volumeId);
  });

  test("a volume in use is neither emptied, removed nor replaced, and the reason says so", async () => {
    const replica = await served();
    await write(replica, "/data/file", "kept");
    const volumeId = idOf(replica);
    const { snapshotId, sha256, consistent } = await snapshotOf(volumeId);
    expect(consistent).toBe(false); // the replica may have written meanwhile
    for (const spec of [
      { kind: "volume.reset", volumeId },
      { kind: "volume.remove", volumeId },
      { kind: "volume.restore", volumeId, snapshotId, sha256 },
    ] as const) {
      const refused = await ask(spec);
      expect(refused).toMatchObject({ state: "failed", reason: { code: "volume_in_use" } });
    }
    expect(await bench.ask(replica, "/read?path=/data/file")).toContain("kept");
    await stopped(replica);
    expect(await ask({ kind: "volume.reset", volumeId })).toMatchObject({ state: "succeeded" });
    expect(await ask({ kind: "volume.remove", volumeId })).toMatchObject({
      state: "succeeded",
      result: { existed: true },
    });
  });

  test("a snapshot of a stopped service is consistent and brings everything back", async () => {
    const replica = await served();
    await write(replica, "/data/file", "as it was");
    await stopped(replica);
    const volumeId = idOf(replica);
    const { snapshotId, sha256, bytes, consistent } = await snapshotOf(volumeId);
    expect(consistent).toBe(true);
    const file = join(bench.dataDir, "agent/snapshots", snapshotId, "data.tar.zst");
    expect(Bun.file(file).size).toBe(bytes);
    expect(new Bun.CryptoHasher("sha256").update(await Bun.file(file).bytes()).digest("hex")).toBe(sha256);

    await ask({ kind: "volume.reset", volumeId });
    const copyId = newId() as string;
    for (const id of [volumeId, copyId]) {
      const restored = await ask({ kind: "volume.restore", volumeId: id, snapshotId, sha256 });
      expect(restored).toMatchObject({ state: "succeeded" });
      const next = await served({ volumes: [{ volumeId: id, name: "data", path: "/data" }] });
      expect(await bench.ask(next, "/read?path=/data/file")).toContain("as it was");
      await stopped(next);
    }
    expect(await ask({ kind: "snapshot.remove", snapshotId })).toMatchObject({ result: { existed: true } });
    expect(await ask({ kind: "snapshot.remove", snapshotId })).toMatchObject({ result: { existed: false } });
    expect(readdirSync(join(bench.dataDir, "agent/snapshots"))).toEqual([]);
    await remove(volumeId, copyId);
  });

  test("a snapshot that is not what it was is not used, and the volume stays as it is", async () => {
    const replica = await served();
    await write(replica, "/data/file", "kept");
    await stopped(replica);
    const volumeId = idOf(replica);
    const { snapshotId, sha256 } = await snapshotOf(volumeId);
    const wrong = await ask({ kind: "volume.restore", volumeId, snapshotId, sha256: "0".repeat(64) });
    expect(wrong).toMatchObject({ state: "failed", reason: { code: "snapshot_damaged" } });
    await appendFile(join(bench.dataDir, "agent/snapshots", snapshotId, "data.tar.zst"), "x");
    const damaged = await ask({ kind: "volume.restore", volumeId, snapshotId, sha256 });
    expect(damaged).toMatchObject({ state: "failed", reason: { code: "snapshot_damaged" } });
    const missing = await ask({ kind: "volume.restore", volumeId, snapshotId: newId(), sha256 });
    expect(missing).toMatchObject({ state: "failed", reason: { code: "snapshot_not_found" } });
    expect(await ask({ kind: "volume.usage", volumeId })).toMatchObject({ result: { files: 1 } });
    await remove(volumeId);
  });

  test("a task of an older generation than the node has seen does not change the volume", async () => {
    const replica = await served({ epoch: 5 });
    await stopped(replica);
    const volumeId = idOf(replica);
    await bench.restart(); // what was seen is on disk
    const stale = await ask({ kind: "volume.reset", volumeId }, { epoch: 4 });
    expect(stale).toMatchObject({ state: "failed", reason: { code: "stale_epoch" } });
    expect(await ask({ kind: "volume.reset", volumeId }, { epoch: 5 })).toMatchObject({ state: "succeeded" });
    await remove(volumeId);
  });

  test("a generation older than one that was seen is not started, by the next agent neither", async () => {
    const replica = bench.wish({ epoch: 5 });
    bench.control.want(replica);
    await bench.until(replica, "ready");
    bench.control.want();
    await waitFor(async () => (await bench.agent.engine.list()).length === 0, LONG);
    await bench.restart();
    const old = bench.wish({ workloadId: replica.workloadId, epoch: 4 });
    const next = bench.wish({ workloadId: replica.workloadId, epoch: 5 });
    bench.control.want(old, next);
    expect((await bench.until(old, "failed")).reason?.code).toBe("stale_epoch");
    await bench.until(next, "ready");
    expect((await bench.agent.engine.list()).map(({ id }) => id)).toEqual([next.id]);
  });

  test("volumes outlive the end of everything that runs", async () => {
    const replica = await served();
    await write(replica, "/data/file", "kept");
    await bench.agent.stopWorkloads();
    await bench.start();
    await bench.until(replica, "ready");
    await waitFor(async () => (await bench.ask(replica, "/read?path=/data/file")).includes("kept"), LONG);
    await stopped(replica);
    await remove(idOf(replica));
    expect(existsSync(join(bench.dataDir, "agent/volumes", `${idOf(replica)}.json`))).toBe(false);
  });
};
