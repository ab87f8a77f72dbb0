import type { AppContext } from "@homeport/kit/app.ts";
import { GATEWAY_KEYS, GATEWAY_LEASE_MS } from "@homeport/kit/registry/keys.ts";
import { readWorkloadTraffic, type TrafficSnapshot } from "@homeport/kit/registry/read-traffic.ts";
import { GatewayRecord } from "@homeport/kit/registry/record.ts";
import { scanRecords } from "@homeport/kit/registry/scan-records.ts";
import { log } from "../log.ts";
import type { Gateways } from "../ports.ts";

type Valkey = AppContext["valkey"];

/** A rollout waits for the answer. */
const ANSWER_MS = 1_000;

/** What live gateways say of themselves. Records that are not ours are passed over. */
export const listGatewayRecords = (valkey: Valkey): Promise<GatewayRecord[]> =>
  scanRecords(valkey, GATEWAY_KEYS, GatewayRecord);

/** Remembers gateways for one lease, so that a wiped Valkey does not look like a platform without any. */
export const createGateways = (valkey: Valkey, now: () => number = () => performance.now()): Gateways => {
  const known = new Map<string, { revision: number; seenAt: number }>();
  const ask = async (): Promise<number | null> => {
    const records = await listGatewayRecords(valkey);
    const at = now();
    for (const { instance, revision } of records) known.set(instance, { revision, seenAt: at });
    for (const [instance, { seenAt }] of known) if (at - seenAt > GATEWAY_LEASE_MS) known.delete(instance);
    const revisions = [...known.values()].map(({ revision }) => revision);
    return revisions.length === 0 ? null : Math.min(...revisions);
  };
  return {
    lowestRevision: () => withinTime(ask(), 0),
    traffic: (workloadId) => withinTime<TrafficSnapshot | null>(readWorkloadTraffic(valkey, workloadId), null),
  };
};

/** The answer, or `unknown` when it takes too long or fails. */
const withinTime = async <T>(answer: Promise<T>, unknown: T): Promise<T> => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(unknown), ANSWER_MS);
  });
  try {
    return await Promise.race([answer, tooLate]);
  } catch (err) {
    log.warn({ err }, "gateways cannot be asked, going on as if they had not answered");
    return unknown;
  } finally {
    clearTimeout(timer);
  }
};
