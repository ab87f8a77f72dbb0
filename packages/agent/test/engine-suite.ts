import { afterAll, afterEach, beforeAll, describe } from "bun:test";
import type { Machine } from "./machine.ts";
import { Bench } from "./suite/bench.ts";
import { testFiles } from "./suite/files.ts";
import { testLifecycle } from "./suite/lifecycle.ts";
import { testLogs } from "./suite/logs.ts";
import { testSurroundings } from "./suite/surroundings.ts";
import { testTerminals } from "./suite/terminals.ts";
import { testVolumes } from "./suite/volumes.ts";

/** What every engine must do, and with `own`, what only this one does. */
export const testEngine = (name: string, prepare: () => Promise<Machine>, own: (bench: Bench) => void): void =>
  describe(name, () => {
    const bench = new Bench();
    beforeAll(async () => bench.open(await prepare()), 180_000);
    afterEach(() => bench.tidy());
    afterAll(async () => {
      await bench.engine.close();
      await bench.machine.stop();
    });

    testLifecycle(bench);
    testLogs(bench);
    testSurroundings(bench);
    testFiles(bench);
    testVolumes(bench);
    testTerminals(bench);
    own(bench);
  });
