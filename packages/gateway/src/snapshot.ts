import { appKey, WORKLOADS_META_FIELD } from "@homeport/kit/registry/keys.ts";
import { AppRecord, MAX_RECORD_BYTES, WorkloadRoute, WorkloadsMeta } from "@homeport/kit/registry/record.ts";
import type { ZodType } from "zod";
import type { SeenApp } from "./leases.ts";
import type { RegistryReader } from "./ports.ts";

/** A record that was skipped, and why. */
export type Invalid = { key: string; reason: string };

export type AppsSnapshot = { seen: SeenApp[]; invalid: Invalid[] };

/** More instances than this are not a registry any more but a fault of somebody who writes keys in a loop. */
const MAX_INSTANCES = 5_000;
const MAX_WORKLOADS = 50_000;

/** @throws whatever the connection throws when Valkey cannot be read whole; a broken record never throws. */
export async function readApps(registry: RegistryReader): Promise<AppsSnapshot> {
  const seen: SeenApp[] = [];
  const invalid: Invalid[] = [];
  for (const { key, value, ttlMs } of await registry.readApps(MAX_INSTANCES)) {
    if (value === null) continue; // expired between the scan and the read
    const parsed = typeof value === "string" ? parseRecord(AppRecord, value) : value;
    if ("reason" in parsed) invalid.push({ key, reason: parsed.reason });
    else if (appKey(parsed.record.id, parsed.record.instance) !== key)
      invalid.push({ key, reason: "key and record differ" });
    else seen.push({ key, record: parsed.record, ttlMs });
  }
  return { seen, invalid };
}

/** One workload as it was read; `raw` lets the next read keep what did not change without parsing it again. */
export type WorkloadEntry = { raw: string; route: WorkloadRoute };

export type WorkloadsSnapshot = { revision: number; entries: ReadonlyMap<string, WorkloadEntry>; invalid: Invalid[] };

export type WorkloadsRead =
  | { kind: "same" }
  | { kind: "incomplete"; reason: string }
  | { kind: "whole"; snapshot: WorkloadsSnapshot };

/** @throws whatever the connection throws when Valkey cannot be read. */
export async function readWorkloads(
  registry: RegistryReader,
  previous: WorkloadsSnapshot | null,
  thorough: boolean,
): Promise<WorkloadsRead> {
  const { meta, fieldCount } = await registry.readWorkloadsMeta();
  if (meta === null) return { kind: "incomplete", reason: "The workload hash has no _meta." };
  const head = parseRecord(WorkloadsMeta, meta);
  if ("reason" in head) return { kind: "incomplete", reason: `_meta: ${head.reason}` };
  const isSame = previous?.revision === head.record.revision && fieldCount === head.record.count + 1;
  if (isSame && !thorough && previous?.entries.size === head.record.count) return { kind: "same" };
  if (fieldCount > MAX_WORKLOADS) return { kind: "incomplete", reason: `More than ${MAX_WORKLOADS} workloads.` };
  return parseWorkloads(await registry.readWorkloads(), previous);
}

function parseWorkloads(hash: Record<string, string>, previous: WorkloadsSnapshot | null): WorkloadsRead {
  const { [WORKLOADS_META_FIELD]: rawMeta = "", ...fields } = hash;
  const meta = parseRecord(WorkloadsMeta, rawMeta);
  if ("reason" in meta) return { kind: "incomplete", reason: `_meta: ${meta.reason}` };
  const count = Object.keys(fields).length;
  if (count !== meta.record.count) {
    return { kind: "incomplete", reason: `_meta counts ${meta.record.count} workloads, the hash has ${count}.` };
  }
  const entries = new Map<string, WorkloadEntry>();
  const invalid: Invalid[] = [];
  for (const [id, raw] of Object.entries(fields)) {
    const known = previous?.entries.get(id);
    if (known?.raw === raw) {
      entries.set(id, known);
      continue;
    }
    const parsed = parseRecord(WorkloadRoute, raw);
    if (!("reason" in parsed) && parsed.record.workloadId === id) {
      entries.set(id, { raw, route: parsed.record });
      continue;
    }
    invalid.push({ key: id, reason: "reason" in parsed ? parsed.reason : "field and record differ" });
    // An unreadable new version does not take away the good one that is being served.
    if (known !== undefined) entries.set(id, known);
  }
  if (count > 0 && invalid.length === count) return { kind: "incomplete", reason: "Not one workload record is valid." };
  return { kind: "whole", snapshot: { revision: meta.record.revision, entries, invalid } };
}

function parseRecord<Record>(schema: ZodType<Record>, raw: string): { record: Record } | { reason: string } {
  if (raw.length > MAX_RECORD_BYTES) return { reason: `larger than ${MAX_RECORD_BYTES} bytes` };
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch {
    return { reason: "not JSON" };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { record: parsed.data };
  const [issue] = parsed.error.issues;
  return { reason: issue === undefined ? "invalid" : `${issue.path.join(".") || "record"}: ${issue.message}` };
}
