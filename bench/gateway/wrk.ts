import { join } from "node:path";
import type { Bed } from "./bed.ts";
import { type Target, urlOf } from "./target.ts";

export type Load = { path: string; connections: number; headers?: Record<string, string>; uploadBytes?: number };

/** `failed` counts answers that were not 2xx or 3xx, and connections that broke or timed out. */
export type LoadResult = { requests: number; bytes: number; durationMs: number; failed: number };

const SLACK_MS = 15_000;

/** Keep-alive connections of one thread, each with one request at a time. */
export const runWrk = async (
  bed: Bed,
  wrk: string,
  target: Target,
  load: Load,
  seconds: number,
): Promise<LoadResult> => {
  const headers = Object.entries({ Host: target.host, ...load.headers });
  const stdout = await bed.run(
    [
      wrk,
      "--threads=1",
      `--connections=${load.connections}`,
      `--duration=${seconds}s`,
      "--timeout=10s",
      `--script=${join(import.meta.dir, "wrk.lua")}`,
      ...headers.map(([name, value]) => `--header=${name}: ${value}`),
      urlOf(target, load.path),
      ...(load.uploadBytes === undefined ? [] : ["--", String(load.uploadBytes)]),
    ],
    seconds * 1_000 + SLACK_MS,
  );
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as LoadResult;
};
