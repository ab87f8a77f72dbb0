import { appKey, CHANGED_CHANNEL, WORKLOADS_KEY, WORKLOADS_META_FIELD } from "@homeport/kit/registry/keys.ts";
import { type AppRecord, LEASE_MS, type Target, type WorkloadRoute } from "@homeport/kit/registry/record.ts";
import type { Redis } from "ioredis";

export function appRecord(given: Pick<AppRecord, "id" | "baseUrl" | "routes"> & Partial<AppRecord>): AppRecord {
  const now = new Date().toISOString();
  return {
    schema: 1,
    name: given.id,
    icon: "box",
    instance: Bun.randomUUIDv7(),
    version: "1.0.0",
    state: "ready",
    nav: [],
    commands: [],
    widgets: [],
    openapi: null,
    startedAt: now,
    renewedAt: now,
    ...given,
  };
}

/** What an app does with each beat. */
export async function beat(redis: Redis, record: AppRecord): Promise<void> {
  const key = appKey(record.id, record.instance);
  await redis.set(key, JSON.stringify({ ...record, renewedAt: new Date().toISOString() }), "PX", LEASE_MS);
  await redis.publish(CHANGED_CHANNEL, JSON.stringify({ kind: "app", key }));
}

/** What an app does on SIGTERM. */
export async function leave(redis: Redis, record: AppRecord): Promise<void> {
  const key = appKey(record.id, record.instance);
  await redis.del(key);
  await redis.publish(CHANGED_CHANNEL, JSON.stringify({ kind: "app", key, leave: true }));
}

export function target(port: number, state: Target["state"] = "ready", host = "127.0.0.1"): Target {
  return { replicaId: Bun.randomUUIDv7(), host, port, state };
}

export function workload(hosts: string[], targets: Target[]): WorkloadRoute {
  return { schema: 1, workloadId: Bun.randomUUIDv7(), hosts, targets };
}

/** What the clusters app does with a new revision; `count` can be given wrong on purpose. */
export async function writeWorkloads(
  redis: Redis,
  revision: number,
  routes: readonly WorkloadRoute[],
  count = routes.length,
): Promise<void> {
  const transaction = redis.multi().del(WORKLOADS_KEY);
  transaction.hset(WORKLOADS_KEY, WORKLOADS_META_FIELD, JSON.stringify({ revision, count }));
  for (const route of routes) transaction.hset(WORKLOADS_KEY, route.workloadId, JSON.stringify(route));
  await transaction.exec();
  await redis.publish(CHANGED_CHANNEL, JSON.stringify({ kind: "workloads", revision }));
}
