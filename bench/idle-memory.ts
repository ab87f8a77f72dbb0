import { startPlatform } from "../packages/standalone/test/e2e/platform.ts";
import { cpuSeconds, nameOf, processesOf, pssMiB } from "./processes.ts";
import { median, report } from "./report.ts";

/**
 * P6: everything `bin/up` runs, at rest: memory by PSS and CPU over a minute. The first two minutes are start-up, in which
 * the runtime still compiles what the start touched.
 */
const SETTLE_MS = 120_000;
const WATCH_SECONDS = 60;
const LIMIT_MIB = 256;

const platform = await startPlatform("process");
try {
  await Bun.sleep(SETTLE_MS);
  const totals: number[] = [];
  const pids = processesOf(platform.dataDir);
  const before = pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  for (let second = 0; second < WATCH_SECONDS; second += 1) {
    totals.push(processesOf(platform.dataDir).reduce((sum, pid) => sum + pssMiB(pid), 0));
    await Bun.sleep(1_000);
  }
  const cpu = (pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0) - before) / WATCH_SECONDS;
  for (const pid of pids) console.log(`  ${pssMiB(pid).toFixed(1).padStart(6)} MiB  ${nameOf(pid)}`);
  report("P6 idle platform", {
    "memory (PSS, all processes)": `${median(totals).toFixed(0)} MiB of ${LIMIT_MIB}`,
    "CPU of one core": `${(cpu * 100).toFixed(2)} % of 1`,
  });
} finally {
  await platform.stop();
}
