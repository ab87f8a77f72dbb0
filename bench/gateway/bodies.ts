import { report } from "../report.ts";
import { MIB, PATHS, patternBody, UPLOAD_BYTES } from "./answers.ts";
import { type Bench, requests } from "./bench.ts";
import { checkBodies, checkUploads } from "./checks.ts";
import { type Goal, type Rows, ratioRow, targetRows } from "./rows.ts";
import { Series } from "./series.ts";
import type { Target } from "./target.ts";
import { runWrk } from "./wrk.ts";

/** P3: bodies of 64 KiB with 64 connections. */
export const measureBodies = async (bench: Bench): Promise<void> => {
  const targets = peersOf(bench);
  await checkBodies(targets, PATHS.body64KiB, patternBody(64 * 1024));
  const load = { path: PATHS.body64KiB, connections: 64 };
  const series = await Series.run(
    targets,
    requests(bench, () => load),
    bench.options,
  );
  report("P3 gateway, bodies of 64 KiB, 64 connections", {
    ...targetRows(series, "request"),
    ...ratios(bench, series, { nginx: { atLeast: 1 } }),
  });
};

/** P3: 10 MiB down, 16 at a time. Counted in MiB: of bodies this large many are under way when the time is over. */
export const measureDownloads = async (bench: Bench): Promise<void> => {
  const targets = peersOf(bench);
  await checkBodies(targets, PATHS.body10MiB, patternBody(10 * MIB));
  const load = { path: PATHS.body10MiB, connections: 16 };
  const series = await Series.run(
    targets,
    async (target, seconds) => {
      const { bytes, durationMs, failed } = await runWrk(bench.bed, bench.wrk, target, load, seconds);
      return { count: bytes / MIB, durationMs, failed };
    },
    bench.options,
  );
  report("P3 gateway, 10 MiB down, 16 connections", {
    ...targetRows(series, "MiB"),
    ...ratios(bench, series, { caddy: { atLeast: 0.9 } }),
  });
};

/** P3: 10 MiB up, 8 at a time. */
export const measureUploads = async (bench: Bench): Promise<void> => {
  const targets = peersOf(bench);
  await checkUploads(targets);
  const load = { path: PATHS.upload, connections: 8, uploadBytes: UPLOAD_BYTES };
  const series = await Series.run(
    targets,
    requests(bench, () => load),
    bench.options,
  );
  report("P3 gateway, 10 MiB up, 8 connections", {
    ...targetRows(series, "upload"),
    ...ratios(bench, series, { caddy: { atLeast: 0.9 } }),
  });
};

const peersOf = ({ targets: { homeport, nginx, caddy } }: Bench): Target[] => [homeport, nginx, caddy];

/** Rates beside their goals, and what they cost. */
const ratios = ({ targets }: Bench, series: Series, goals: { nginx?: Goal; caddy?: Goal }): Rows => ({
  ...ratioRow(series, targets.homeport, targets.nginx, "perSecond", goals.nginx),
  ...ratioRow(series, targets.homeport, targets.caddy, "perSecond", goals.caddy),
  ...ratioRow(series, targets.homeport, targets.nginx, "cpuMicros"),
  ...ratioRow(series, targets.homeport, targets.caddy, "cpuMicros"),
});
