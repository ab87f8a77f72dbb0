import { report } from "../report.ts";
import { PATHS } from "./answers.ts";
import type { Bench } from "./bench.ts";
import { treeOf, treeResidentMiB } from "./process-tree.ts";
import { besideGoal } from "./rows.ts";
import { readSlowly } from "./slow-client.ts";
import type { Target } from "./target.ts";
import { runWrk } from "./wrk.ts";

const SLOW_SECONDS = 6;
const SAMPLE_MS = 50;
const PER_WORKER_MIB = 60;
const GROWTH_MIB = 16;

/** P4: resident memory after everything that ran before, and how much a client that reads 1 MB/s of 200 MB adds. */
export const measureMemory = async (bench: Bench): Promise<void> => {
  const { homeport, nginx, haproxy, caddy } = bench.targets;
  const all = [homeport, nginx, haproxy, caddy];
  // Without other parts nothing has run yet, and a process that never worked is small.
  for (const target of all) await runWrk(bench.bed, bench.wrk, target, { path: PATHS.json, connections: 256 }, 2);
  const resident = new Map(all.map((target) => [target, residentText(target)]));
  const ours = treeResidentMiB(homeport.pid);
  const growth = await growthMiB(homeport);
  const peerGrowth = await growthMiB(nginx);
  report("P4 gateway, memory after load (VmRSS, all processes)", {
    [homeport.name]: besideGoal(ours, resident.get(homeport) ?? "", { atMost: PER_WORKER_MIB }),
    ...Object.fromEntries([nginx, haproxy, caddy].map((peer) => [peer.name, resident.get(peer) ?? ""])),
    "homeport, growth with a slow client": besideGoal(growth, mib(growth), { atMost: GROWTH_MIB }),
    "nginx, growth (it spools to disk)": mib(peerGrowth),
  });
};

const mib = (value: number): string => `${value.toFixed(1)} MiB`;

const residentText = ({ pid }: Target): string => {
  const count = treeOf(pid).length;
  return `${mib(treeResidentMiB(pid))} in ${count} ${count === 1 ? "process" : "processes"}`;
};

/** The highest memory while the client reads, less that before. @throws {Error} when it was not slow or got nothing */
const growthMiB = async (target: Target): Promise<number> => {
  const before = treeResidentMiB(target.pid);
  let highest = before;
  const timer = setInterval(() => {
    highest = Math.max(highest, treeResidentMiB(target.pid));
  }, SAMPLE_MS);
  try {
    const megabytes = (await readSlowly(target, SLOW_SECONDS)) / 1_000_000;
    if (megabytes < SLOW_SECONDS / 2 || megabytes > SLOW_SECONDS * 2) {
      throw new Error(`The slow client of ${target.name} read ${megabytes.toFixed(1)} MB in ${SLOW_SECONDS} s.`);
    }
  } finally {
    clearInterval(timer);
  }
  return highest - before;
};
