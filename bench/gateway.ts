import { loadavg } from "node:os";
import { Bed } from "./gateway/bed.ts";
import type { Bench } from "./gateway/bench.ts";
import { measureBodies, measureDownloads, measureUploads } from "./gateway/bodies.ts";
import { measureMemory } from "./gateway/memory.ts";
import { type Part, readOptions } from "./gateway/options.ts";
import { ensurePrograms } from "./gateway/packages.ts";
import { measureRouteChange } from "./gateway/route-change.ts";
import { measureBrowserHead, measureMany, measureSmall } from "./gateway/small-requests.ts";
import { startHomeport } from "./gateway/start-homeport.ts";
import { startPeers } from "./gateway/start-peers.ts";
import { startUpstream } from "./gateway/start-upstream.ts";
import { measureWebSockets } from "./gateway/websockets.ts";

/**
 * P1 to P5: the gateway beside nginx, haproxy and caddy, each with the threads of one core, in one interleaved run. They
 * share the machine with the load and the upstream, so only ratios say something. `--only p1,p3` selects, `--quick` is for
 * developing.
 */
const MAX_RUN_MS = 590_000;

/** In this order: memory is looked at after the load and before the large table. */
const STEPS: { parts: Part[]; measure: (bench: Bench) => Promise<void> }[] = [
  { parts: ["p1", "p2"], measure: measureSmall },
  { parts: ["p1"], measure: measureBrowserHead },
  { parts: ["p2"], measure: measureMany },
  { parts: ["p3"], measure: measureBodies },
  { parts: ["p3"], measure: measureDownloads },
  { parts: ["p3"], measure: measureUploads },
  { parts: ["p3"], measure: measureWebSockets },
  { parts: ["p4"], measure: measureMemory },
  { parts: ["p5"], measure: measureRouteChange },
];

const options = readOptions(process.argv.slice(2));
const programs = await ensurePrograms();
const bed = new Bed();

const giveUp = (why: string): void => {
  console.error(why);
  void bed.close().finally(() => process.exit(1));
};
const watchdog = setTimeout(() => giveUp("The run took too long and was ended."), MAX_RUN_MS);
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => giveUp(`Ended by ${name}.`));

try {
  console.log(`Load average before the run: ${loadavg()[0]?.toFixed(1)}`);
  const upstream = await startUpstream(bed);
  const homeport = await startHomeport(bed, upstream);
  const peers = await startPeers(bed, programs, upstream);
  const targets = { ...peers, direct: upstream.direct, homeport: homeport.tcp, homeportUnix: homeport.unix };
  const bench: Bench = { bed, wrk: programs.wrk, options, upstream, targets, homeport };
  for (const { parts, measure } of STEPS) {
    if (!bed.isOpen || !parts.some((part) => options.parts.has(part))) continue;
    try {
      await measure(bench);
    } catch (err) {
      // What cannot be measured today does not keep the other figures away.
      console.error(`\n${measure.name} failed: ${err instanceof Error ? err.message : String(err)}`);
      process.exitCode = 1;
    }
  }
} finally {
  clearTimeout(watchdog);
  await bed.close();
}
