import type { AppContext } from "@homeport/kit/app.ts";
import { GATEWAY_KEYS, GATEWAY_LEASE_MS } from "@homeport/kit/registry/keys.ts";
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
    async lowestRevision() {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const tooLate = new Promise<number>((resolve) => {
        timer = setTimeout(() => resolve(0), ANSWER_MS);
      });
      try {
        return await Promise.race([ask(), tooLate]);
      } catch (err) {
        log.warn({ err }, "gateways cannot be asked what they serve, waiting the full time instead");
        return 0;
      } finally {
        clearTimeout(timer);
      }
    },
  };
};
