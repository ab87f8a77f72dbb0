import { join } from "node:path";
import { report } from "../report.ts";
import type { Bench } from "./bench.ts";
import { ratioRow, targetRows } from "./rows.ts";
import { type Done, Series } from "./series.ts";

const SOCKETS = 64;
const SLACK_MS = 15_000;

/** P3: 64 WebSockets, on each of them 64 bytes to and fro. The client checks every message, the first ones included. */
export const measureWebSockets = async (bench: Bench): Promise<void> => {
  const { homeport, nginx } = bench.targets;
  const script = join(import.meta.dir, "websocket-client.ts");
  const series = await Series.run(
    [homeport, nginx],
    async (target, seconds) => {
      const argv = [process.execPath, script, String(target.port), target.host, String(SOCKETS), String(seconds)];
      return JSON.parse(await bench.bed.run(argv, seconds * 1_000 + SLACK_MS)) as Done;
    },
    bench.options,
  );
  report("P3 gateway, WebSocket echo of 64 bytes, 64 sockets", {
    ...targetRows(series, "message"),
    ...ratioRow(series, homeport, nginx, "perSecond", { atLeast: 0.9 }),
    ...ratioRow(series, homeport, nginx, "cpuMicros"),
  });
};
