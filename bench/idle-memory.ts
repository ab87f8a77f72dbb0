import { startPlatform } from "../packages/standalone/test/e2e/platform.ts";
import { cpuSecondsWithEnded, nameOf, processesOf, pssMiB } from "./processes.ts";
import { median, report } from "./report.ts";

/**
 * P6: everything `bin/up` runs, at rest: memory by PSS and CPU over two minutes, of processes that ended in them too. The
 * first two minutes are start-up, in which the runtime still compiles what the start touched.
 */
const SETTLE_MS = 120_000;
const WATCH_SECONDS = 120;
const LIMIT_MIB = 256;

const platform = await startPlatform("process");
try {
  await Bun.sleep(SETTLE_MS);
  const totals: number[] = [];
  const cpuOfAll = () => processesOf(platform.dataDir).reduce((sum, pid) => sum + cpuSecondsWithEnded(pid), 0);
  const [before, startedAt] = [cpuOfAll(), performance.now()];
  while (performance.now() - startedAt < WATCH_SECONDS * 1_000) {
    totals.push(processesOf(platform.dataDir).reduce((sum, pid) => sum + pssMiB(pid), 0));
    await Bun.sleep(5_000); // reading the maps of a process holds it up
  }
  const cpu = ((cpuOfAll() - before) / (performance.now() - startedAt)) * 1_000;
  for (const pid of processesOf(platform.dataDir))
    console.log(`  ${pssMiB(pid).toFixed(1).padStart(6)} MiB  ${nameOf(pid)}`);
  report("P6 idle platform", {
    "memory (PSS, all processes)": `${median(totals).toFixed(0)} MiB of ${LIMIT_MIB}`,
    "CPU of one core": `${(cpu * 100).toFixed(2)} % of 1`,
  });
} finally {
  await platform.stop();
}
