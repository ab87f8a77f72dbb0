import { expect, test } from "bun:test";
import type { DesiredReplica, DesiredState, Task } from "@homeport/clusters/contract.ts";
import { newId } from "@homeport/kit/ids.ts";
import { waitFor } from "../../../kit/test/wait-for.ts";
import { openEngine } from "../engine-options.ts";
import { type AgentBench, LONG } from "./agent-bench.ts";

/** An agent that dies at any of the places that matter, and what the next one makes of it. */
export const testCrashes = (bench: AgentBench): void => {
  const { signal } = new AbortController();
  const volumesAt = (): DesiredReplica["volumes"] => [{ volumeId: newId() as string, name: "data", path: "/data" }];
  const stateOf = (replicas: DesiredReplica[], tasks: Task[] = []): Omit<DesiredState, "generation"> => ({
    nodeId: bench.nodeId,
    complete: true,
    replicas,
    images: [],
    tasks,
    shells: [],
  });

  /** Has another agent on the same data go through these states until it dies at that place. */
  const crashAt = async (place: string, ...states: Omit<DesiredState, "generation">[]): Promise<void> => {
    await bench.agent.stop();
    const { kind: engine, registry, dockerHost } = bench.machine.options;
    const job = {
      config: { nodeId: bench.nodeId, dataDir: bench.dataDir, engine, registry, dockerHost },
      password: bench.machine.registry.password,
      states: states.map((state) => ({ ...state, generation: bench.control.nextGeneration() })),
    };
    const child = Bun.spawn([process.execPath, new URL("../agent-process.ts", import.meta.url).pathname], {
      env: { ...process.env, HOMEPORT_CRASHPOINT: place },
      stdin: new Blob([JSON.stringify(job)]),
      stdout: "ignore",
      stderr: "inherit",
      timeout: 40_000,
      killSignal: "SIGABRT", // so that it is not taken for the crash
    });
    await child.exited;
    expect(child.signalCode).toBe("SIGKILL");
  };
  const marks = async (volumeId: string): Promise<number> => {
    const found = await bench.agent.engine.volumes.browse(volumeId, "/ran", signal).catch(() => null);
    return found?.type === "file" ? Buffer.from(found.content, "base64").toString().split("ran").length - 1 : 0;
  };

  test.each([
    { place: "agent.pull.before", times: [1] },
    { place: "agent.pull.after", times: [1] },
    { place: "agent.create.after", times: [1] },
    { place: "agent.start.before", times: [1] },
    { place: "agent.start.after", times: [0, 1] }, // it may be ended together with what starts it, never done twice
    { place: "agent.run.recorded", times: [1] },
  ])("a run is done once though the agent dies at $place", async ({ place, times }) => {
    const volumes = volumesAt();
    const run = bench.wish({
      kind: "run",
      health: { kind: "none" },
      volumes,
      env: { MODE: "once", MARK: "/data/ran" },
    });
    await crashAt(place, stateOf([run]));
    await bench.start();
    bench.control.want(run);
    await bench.until(run, "exited", "failed");
    const count = await marks(volumes[0]?.volumeId ?? "");
    expect({ count, isAllowed: times.some((each) => each === count) }).toMatchObject({ isAllowed: true });
    bench.control.want();
    await waitFor(async () => (await bench.agent.engine.list()).length === 0, LONG);
    await bench.agent.engine.volumes.remove(volumes[0]?.volumeId ?? "", signal);
  });

  test.each(["agent.probe.ready", "agent.stop.before", "agent.stop.after", "agent.remove.after"])(
    "a service that gives way to another does so though the agent dies at %s",
    async (place) => {
      const volumes = volumesAt();
      const first = bench.wish({ volumes, restart: "always" });
      const next = bench.wish({ workloadId: first.workloadId, projectId: first.projectId, epoch: 2, volumes });
      await crashAt(place, stateOf([first]), stateOf([{ ...first, desired: "stopped" }, next]));
      await bench.start();
      bench.control.want({ ...first, desired: "stopped" }, next);
      await Promise.all([bench.until(first, "stopped"), bench.until(next, "ready")]);
      expect((await bench.agent.engine.list()).map(({ id }) => id)).toEqual([next.id]);
      bench.control.want();
      await waitFor(async () => (await bench.agent.engine.list()).length === 0, LONG);
      await bench.agent.engine.volumes.remove(volumes[0]?.volumeId ?? "", signal);
    },
  );

  test.each(["agent.task.begin", "agent.task.done"])(
    "a task has its answer though the agent dies at %s",
    async (place) => {
      const volumes = volumesAt();
      const volumeId = volumes[0]?.volumeId ?? "";
      const run = bench.wish({
        kind: "run",
        health: { kind: "none" },
        volumes,
        env: { MODE: "once", MARK: "/data/ran" },
      });
      const snapshotId = newId() as string;
      const task = {
        id: newId() as string,
        epoch: 0,
        timeoutSeconds: 60,
        spec: { kind: "volume.snapshot", volumeId, snapshotId },
      } as const;
      await crashAt(place, stateOf([run]), stateOf([run], [task]));
      await bench.start();
      bench.control.want(run);
      bench.control.tell(task);
      expect(await bench.answer(task.id)).toMatchObject({ state: "succeeded", result: { snapshotId } });
      const { sha256 } = ((await bench.answer(task.id)) as { result: { sha256: string } }).result;
      const restore = bench.control.ask({ kind: "volume.restore", volumeId, snapshotId, sha256 });
      expect(await bench.answer(restore.id)).toMatchObject({ state: "succeeded" });
      expect(await marks(volumeId)).toBe(1);
      bench.control.want();
      await waitFor(async () => (await bench.agent.engine.list()).length === 0, LONG);
      await bench.agent.engine.volumes.remove(volumeId, signal);
    },
  );

  test("what was removed while no agent ran is made again, and what ran goes on", async () => {
    const [kept, lost] = [bench.wish({ restart: "always" }), bench.wish({ restart: "always" })];
    bench.control.want(kept, lost);
    const before = await bench.until(kept, "ready");
    await bench.until(lost, "ready");
    await bench.agent.stop();
    const engine = await openEngine(bench.engineOptions());
    await engine.remove(lost.id);
    await engine.close();
    await bench.start();
    await waitFor(async () => (await bench.agent.engine.inspect(lost.id))?.state.kind === "running", LONG);
    await bench.until(lost, "ready");
    expect((await bench.until(kept, "ready")).startedAt).toBe(before.startedAt as string);
  });
};
