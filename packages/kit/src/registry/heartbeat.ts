import type { Redis } from "ioredis";
import type { Logger } from "../log.ts";
import { appKey, CHANGED_CHANNEL } from "./keys.ts";
import { type AppRecord, BEAT_MS, type Change, LEASE_MS, MAX_RECORD_BYTES, OwnAppRecord } from "./record.ts";

export type Heartbeat = {
  /** Announces the state at once; resolves when Valkey has it, or when it cannot be reached now (the beat repeats it). */
  announce(state: AppRecord["state"]): Promise<void>;
  /** Takes the instance off the registry and stops beating. */
  leave(): Promise<void>;
};

/** How soon a beat that failed is tried again. */
const RETRY_MS = 1_000;

/**
 * Keeps one instance's record alive in Valkey. The whole record is written at each beat, so a wiped Valkey has it back
 * within one beat, and a reconnect within a second.
 *
 * @throws {Error} when the record breaks its schema or is larger than MAX_RECORD_BYTES
 */
export const startHeartbeat = (
  valkey: Redis,
  record: Omit<AppRecord, "state" | "renewedAt">,
  log: Logger,
  beatMs = BEAT_MS,
): Heartbeat => {
  const key = appKey(record.id, record.instance);
  // A wrong record fails the start, not a beat; what changes from beat to beat is ours.
  const known = OwnAppRecord.parse({ ...record, state: "draining", renewedAt: record.startedAt });
  encode(known);
  let state: AppRecord["state"] = "starting";
  let left = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** Only news is told: gateways read everything when they are told, and a beat that changes nothing they see by polling. */
  const write = async (isNews: boolean): Promise<void> => {
    const value = encode({ ...known, state, renewedAt: new Date().toISOString() });
    const before = await replace(valkey, key, value);
    const change: Change = { kind: "app", key };
    if (isNews || before === null) await valkey.publish(CHANGED_CHANNEL, JSON.stringify(change));
  };
  const beat = async (isNews = false): Promise<void> => {
    if (left) return; // a record written now would bring the instance back
    clearTimeout(timer);
    let next: { afterMs: number; isNews: boolean } = { afterMs: beatMs, isNews: false };
    try {
      await write(isNews);
    } catch (err) {
      log.warn({ err, appId: record.id }, "heartbeat failed, the gateway keeps the last one");
      next = { afterMs: RETRY_MS, isNews: true };
    }
    clearTimeout(timer); // of a beat that overtook this one: there is always one timer
    if (!left) timer = setTimeout(beat, next.afterMs, next.isNews);
  };
  const onReconnect = () => {
    if (!left) void beat(true);
  };
  valkey.on("ready", onReconnect);
  return {
    announce(next) {
      state = next;
      return beat(true);
    },
    async leave() {
      left = true;
      clearTimeout(timer);
      valkey.off("ready", onReconnect);
      const change: Change = { kind: "app", key, leave: true };
      try {
        await valkey.multi().del(key).publish(CHANGED_CHANNEL, JSON.stringify(change)).exec();
      } catch (err) {
        log.warn({ err, appId: record.id }, "could not leave the registry, the lease will end by itself");
      }
    },
  };
};

/** Returns what was there, null for nothing, and for what is no text: somebody else's value does not take our place. */
const replace = async (valkey: Redis, key: string, value: string): Promise<string | null> => {
  try {
    return await valkey.set(key, value, "PX", LEASE_MS, "GET");
  } catch (err) {
    if (!(err instanceof Error && err.message.startsWith("WRONGTYPE"))) throw err;
    await valkey.set(key, value, "PX", LEASE_MS);
    return null;
  }
};

const encode = (record: AppRecord): string => {
  const value = JSON.stringify(record);
  if (Buffer.byteLength(value) <= MAX_RECORD_BYTES) return value;
  throw new Error(
    `The registry record of ${record.id} is larger than ${MAX_RECORD_BYTES} bytes. ` +
      "It holds what the app declares, and what its environment says of its settings.",
  );
};
