import type { AppContext } from "@homeport/kit/app.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { GatewayStatus } from "@homeport/kit/registry/gateway-status.ts";
import { GATEWAY_STATUS_KEYS } from "@homeport/kit/registry/keys.ts";
import { scanRecords } from "@homeport/kit/registry/scan-records.ts";
import type { Statuses } from "../ports.ts";

type Valkey = AppContext["valkey"];

/** Somebody looks at a page meanwhile. */
const ANSWER_MS = 2_000;

/** Reads the reports of gateways from Valkey; what is no report is passed over. */
export const createStatuses = (valkey: Valkey): Statuses => ({
  async list() {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tooLate = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_MS} ms`)), ANSWER_MS);
    });
    try {
      return await Promise.race([scanRecords(valkey, GATEWAY_STATUS_KEYS, GatewayStatus), tooLate]);
    } catch (err) {
      throw new DomainError("unavailable", "Valkey does not answer, so nothing is known of the gateways now.", {
        cause: err,
        retryAfterSeconds: 5,
      });
    } finally {
      clearTimeout(timer);
    }
  },
});

const Held = GatewayStatus.pick({ policyRevision: true });

/** The highest revision of the policies that a live gateway has, 0 without any. */
export const highestPolicyRevision = async (valkey: Valkey): Promise<number> =>
  Math.max(0, ...(await scanRecords(valkey, GATEWAY_STATUS_KEYS, Held)).map(({ policyRevision }) => policyRevision));
