import { afterAll, afterEach, beforeAll, beforeEach, describe } from "bun:test";
import { AgentBench } from "./agent/agent-bench.ts";
import { testCrashes } from "./agent/crashes.ts";
import { testNodeTasks } from "./agent/node-tasks.ts";
import { testRuns } from "./agent/runs.ts";
import { testShells } from "./agent/shells.ts";
import { testVolumeTasks } from "./agent/volume-tasks.ts";
import type { Machine } from "./machine.ts";

/** Runs, volumes and tasks under an agent; the same on every engine. */
export const testAgentMore = (name: string, prepare: () => Promise<Machine>): void =>
  describe(name, () => {
    const bench = new AgentBench();
    beforeAll(async () => {
      bench.machine = await prepare();
    }, 180_000);
    afterAll(() => bench.machine.stop());
    beforeEach(() => bench.open());
    afterEach(() => bench.close());

    testRuns(bench);
    testVolumeTasks(bench);
    testNodeTasks(bench);
    testCrashes(bench);
    testShells(bench);
  });
