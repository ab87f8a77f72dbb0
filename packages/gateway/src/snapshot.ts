import { appKey, WORKLOADS_META_FIELD } from "@homeport/kit/registry/keys.ts";
import { HostPolicy } from "@homeport/kit/registry/policy.ts";
import { AppRecord, MAX_RECORD_BYTES, WorkloadRoute, WorkloadsMeta } from "@homeport/kit/registry/record.ts";
import type { ZodType } from "zod";
import type { SeenApp } from "./leases.ts";
import type { HashName, RegistryReader } from "./ports.ts";

/** A record that was skipped, and why. */
export type Invalid = { key: string; reason: string };

export type AppsSnapshot = { seen: SeenApp[]; invalid: Invalid[] };

/** More instances than this are not a registry any more but a fault of somebody who writes keys in a loop. */
const MAX_INSTANCES = 5_000;

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

/** A hash of the registry that one app publishes whole: what its fields hold, and how many there may be. */
export type HashKind<Record> = {
  readonly name: HashName;
  readonly schema: ZodType<Record>;
  readonly fieldOf: (record: Record) => string;
  readonly limit: number;
};

export const WORKLOADS: HashKind<WorkloadRoute> = {
  name: "workloads",
  schema: WorkloadRoute,
  fieldOf: (route) => route.workloadId,
  limit: 50_000,
};

export const POLICIES: HashKind<HostPolicy> = {
  name: "policies",
  schema: HostPolicy,
  fieldOf: (policy) => policy.host,
  limit: 10_000,
};

/** One field as it was read; `raw` lets the next read keep what did not change without parsing it again. */
export type HashEntry<Record> = { raw: string; record: Record };

export type HashSnapshot<Record> = {
  revision: number;
  entries: ReadonlyMap<string, HashEntry<Record>>;
  invalid: Invalid[];
};

export type HashRead<Record> =
  | { kind: "same" }
  /** Nobody has ever published it, or it was wiped. */
  | { kind: "absent" }
  | { kind: "incomplete"; reason: string }
  | { kind: "whole"; snapshot: HashSnapshot<Record> };

/** @throws whatever the connection throws when Valkey cannot be read. */
export async function readHash<Record>(
  registry: RegistryReader,
  kind: HashKind<Record>,
  previous: HashSnapshot<Record> | null,
  thorough: boolean,
): Promise<HashRead<Record>> {
  const { meta, fieldCount } = await registry.readMeta(kind.name);
  if (meta === null) return { kind: "absent" };
  const head = parseRecord(WorkloadsMeta, meta);
  if ("reason" in head) return { kind: "incomplete", reason: `_meta: ${head.reason}` };
  const isSame = previous?.revision === head.record.revision && fieldCount === head.record.count + 1;
  if (isSame && !thorough && previous?.entries.size === head.record.count) return { kind: "same" };
  if (fieldCount > kind.limit) return { kind: "incomplete", reason: `More than ${kind.limit} fields.` };
  return parseHash(await registry.readHash(kind.name), kind, previous);
}

function parseHash<Record>(
  hash: globalThis.Record<string, string>,
  kind: HashKind<Record>,
  previous: HashSnapshot<Record> | null,
): HashRead<Record> {
  const { [WORKLOADS_META_FIELD]: rawMeta = "", ...fields } = hash;
  const meta = parseRecord(WorkloadsMeta, rawMeta);
  if ("reason" in meta) return { kind: "incomplete", reason: `_meta: ${meta.reason}` };
  const count = Object.keys(fields).length;
  if (count !== meta.record.count) {
    return { kind: "incomplete", reason: `_meta counts ${meta.record.count} fields, the hash has ${count}.` };
  }
  const entries = new Map<string, HashEntry<Record>>();
  const invalid: Invalid[] = [];
  for (const [field, raw] of Object.entries(fields)) {
    const known = previous?.entries.get(field);
    if (known?.raw === raw) {
      entries.set(field, known);
      continue;
    }
    const parsed = parseRecord(kind.schema, raw);
    if (!("reason" in parsed) && kind.fieldOf(parsed.record) === field) {
      entries.set(field, { raw, record: parsed.record });
      continue;
    }
    invalid.push({ key: field, reason: "reason" in parsed ? parsed.reason : "field and record differ" });
    // An unreadable new version does not take away the good one that is being served.
    if (known !== undefined) entries.set(field, known);
  }
  if (count > 0 && invalid.length === count) return { kind: "incomplete", reason: "Not one record is valid." };
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
