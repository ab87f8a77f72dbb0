import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newId } from "@homeport/kit/ids.ts";
import { waitFor } from "../../../kit/test/wait-for.ts";
import { variantOf } from "../images.ts";
import { type AgentBench, LONG } from "./agent-bench.ts";

/** How tasks are carried out, and what the agent does for the node's disk. */
export const testNodeTasks = (bench: AgentBench): void => {
  const ask = async (...args: Parameters<typeof bench.control.ask>) => bench.answer(bench.control.ask(...args).id);
  const taskFiles = () => readdirSync(join(bench.dataDir, "agent/tasks"));

  test("a task is done once, its answer is kept for the next agent, and goes when it is told no more", async () => {
    bench.control.want();
    const task = bench.control.ask({ kind: "node.usage" });
    const first = await bench.answer(task.id);
    expect(first.state).toBe("succeeded");
    const known = bench.control.reports.length;
    bench.control.want(bench.wish({ health: { kind: "none" } })); // another answer would differ
    await bench.restart();
    await waitFor(() => bench.control.reports.length > known, LONG);
    expect(await bench.answer(task.id)).toEqual(first);
    bench.control.drop(task.id);
    await waitFor(() => bench.control.reports.at(-1)?.tasks?.length === 0 && taskFiles().length === 0, LONG);
  });

  test("a task that an agent's end interrupted is done by the next, and not for ever", async () => {
    const [task, cursed] = [1, 2].map(() => ({
      id: newId() as string,
      epoch: 0,
      timeoutSeconds: 60,
      spec: { kind: "snapshot.remove" as const, snapshotId: newId() as string },
    })) as [Parameters<typeof bench.control.tell>[0], Parameters<typeof bench.control.tell>[0]];
    await bench.agent.stop();
    const write = (one: typeof task, tries: number) =>
      writeFile(
        join(bench.dataDir, "agent/tasks", `${one.id}.json`),
        JSON.stringify({ task: one, tries, report: null }),
      );
    await write(task, 1);
    await write(cursed, 3);
    await bench.start();
    bench.control.tell(task, cursed);
    expect(await bench.answer(task.id)).toMatchObject({ state: "succeeded" });
    expect(await bench.answer(cursed.id)).toMatchObject({ state: "failed", reason: { code: "interrupted" } });
  });

  test("the node says what its disk is used for", async () => {
    const replica = bench.wish({ image: variantOf(bench.machine.registry, bench.machine.image) });
    bench.control.want(replica);
    await bench.until(replica, "ready");
    const report = await ask({ kind: "node.usage" });
    if (report.state !== "succeeded" || report.result.kind !== "node.usage") throw new Error(JSON.stringify(report));
    const { usage } = report.result;
    expect(usage.disks[0]).toMatchObject({ use: "data", path: join(bench.dataDir, "agent") });
    expect(usage.containers.ours.count).toBe(1);
    expect(usage.images.ours.count).toBeGreaterThan(0);
    expect(usage.images.pinned.count).toBeGreaterThan(0);
    expect(usage.snapshots).toEqual({ count: 0, bytes: 0 });
  });

  test("cleaning up keeps what was used lately, and what is wanted", async () => {
    const replica = bench.wish();
    bench.control.images = [variantOf(bench.machine.registry, bench.machine.image)];
    bench.control.want(replica);
    await bench.until(replica, "ready");
    const report = await ask({ kind: "node.cleanup" });
    expect(report).toMatchObject({
      state: "succeeded",
      result: { cleanup: { removedImages: 0, freedBytes: 0, underPressure: false } },
    });
  });

  test("images of runs to come are on the node before the runs", async () => {
    const image = variantOf(bench.machine.registry, bench.machine.image);
    bench.control.images = [image];
    bench.control.want();
    const digest = "digest" in image ? image.digest : "";
    const isHere = async (): Promise<boolean> =>
      (await bench.agent.engine.usage([image], AbortSignal.timeout(20_000))).images.pinned.count > 0;
    await waitFor(isHere, LONG);
    const { requests } = bench.machine.registry;
    const before = requests.length;
    const replica = bench.wish({ image });
    bench.control.want(replica);
    await bench.until(replica, "ready");
    expect(requests.slice(before).filter((request) => request.includes(digest))).toEqual([]);
  });

  test("on a disk that is nearly full images that nothing uses go, and new ones are not pulled", async () => {
    const [old, kept] = [1, 2].map(() => bench.wish({ image: variantOf(bench.machine.registry, bench.machine.image) }));
    if (old === undefined || kept === undefined) throw new Error("two were asked for");
    bench.control.want(old, kept);
    await Promise.all([bench.until(old, "ready"), bench.until(kept, "ready")]);
    bench.control.want(kept);
    await waitFor(async () => (await bench.agent.engine.list()).length === 1, LONG);
    bench.diskReserve = { bytes: Number.MAX_SAFE_INTEGER, fraction: 0 };
    await bench.restart();
    const next = bench.wish({ image: variantOf(bench.machine.registry, bench.machine.image) });
    bench.control.want(kept, next);
    const seen = await waitFor(() => {
      const now = bench.control.seen(next.id);
      return now?.reason?.code === "disk_full" ? now : false;
    }, LONG);
    expect(seen.reason?.message).toMatch(/^The disk of \S+ on this node is nearly full/);
    const report = await ask({ kind: "node.cleanup" });
    if (report.state !== "succeeded" || report.result.kind !== "node.cleanup") throw new Error(JSON.stringify(report));
    const { cleanup } = report.result;
    expect(cleanup.underPressure).toBe(true);
    expect(cleanup.message).toContain("still nearly full");
    expect(bench.control.seen(kept.id)?.state).toBe("ready");
    const usage = await bench.agent.engine.usage([], AbortSignal.timeout(20_000));
    expect(usage.images.ours.count).toBe(1); // only what is in use is left
  });
};
