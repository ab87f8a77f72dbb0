import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine, TestPlatform } from "./platform.ts";

/** What the platform runs besides its supervisor, without the workloads. */
export const PARTS = ["gateway", "apps", "valkey", "postgres"] as const;

const FILES: Record<(typeof PARTS)[number] | "supervisor", string> = {
  supervisor: "supervisor.pid",
  gateway: "gateway.pid",
  apps: "apps.pid",
  valkey: "valkey.pid",
  postgres: "postgres/postmaster.pid",
};

const pidOf = (dataDir: string, part: keyof typeof FILES): number[] => {
  const path = join(dataDir, FILES[part]);
  if (!existsSync(path)) return [];
  const text = readFileSync(path, "utf8");
  const pid = text.startsWith("{") ? (JSON.parse(text) as { pid: number }).pid : Number(text.split("\n")[0]);
  return Number.isInteger(pid) && pid > 1 ? [pid] : [];
};

const kill = async (pids: number[]): Promise<void> => {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it ended by itself in this moment
    }
  }
  while (pids.some(isAlive)) await Bun.sleep(20);
};

/** kill -9 of one part. */
export const killPart = (dataDir: string, part: (typeof PARTS)[number]): Promise<void> => kill(pidOf(dataDir, part));

/** kill -9 of everything at once, the supervisor first so that it starts nothing again. */
export const killPlatform = (dataDir: string): Promise<void> =>
  kill((["supervisor", ...PARTS] as const).flatMap((part) => pidOf(dataDir, part)));

const isAlive = (pid: number): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
  } catch {
    return false;
  }
};

/** Replicas beyond those that serve, build folders, jobs that nobody ends: in words, empty when all is clean. */
export const leftovers = async (platform: TestPlatform, engine: Engine): Promise<string[]> => {
  const found: string[] = [];
  const { items } = await platform.client.deployments.services.list({ project: "shop", limit: 100 });
  for (const service of items) {
    const workload = await platform.client.clusters.workloads.get({ workloadId: service.workloadId });
    const serving = workload.replicas.filter((replica) => replica.role === "serving");
    if (serving.length !== 1) found.push(`${service.slug}: ${serving.length} serving replicas`);
    if (workload.replicas.length !== serving.length)
      found.push(`${service.slug}: ${workload.replicas.map((each) => each.role).join(", ")}`);
  }
  const builds = join(platform.dataDir, "runner/jobs");
  if (existsSync(builds)) found.push(...readdirSync(builds).map((name) => `build folder ${name}`));
  if (engine === "process") {
    const replicas = join(platform.dataDir, "agent/process/replicas");
    const count = existsSync(replicas) ? readdirSync(replicas).length : 0;
    if (count !== items.length) found.push(`${count} replica folders for ${items.length} services`);
  }
  return found;
};
