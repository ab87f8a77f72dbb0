import { createHash } from "node:crypto";
import type { AppContext } from "@homeport/kit/app.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { DeliveryLimits } from "../delivery-limits.ts";

const WINDOW_SECONDS = 60;
/** Of one address in a minute. A large server sends for all its users from a few addresses. */
const MAX_DELIVERIES = 600;
/** Those that nobody could have meant for us: unknown addresses, wrong signatures. */
const MAX_REFUSED = 60;

const keyOf = (kind: "all" | "refused", address: string): string =>
  `deployments:hooks:${kind}:${createHash("sha256").update(address).digest("hex").slice(0, 32)}`;

/** Counts in Valkey; while that is away nothing is counted: signatures are checked all the same. */
export const createDeliveryLimits = ({ valkey, log }: Pick<AppContext, "valkey" | "log">): DeliveryLimits => {
  const unlessAway = async (count: () => Promise<number>): Promise<number> => {
    try {
      return await count();
    } catch (err) {
      log.warn({ err }, "deliveries of webhooks are not counted: Valkey is away");
      return 0;
    }
  };
  /** The window begins with the first one and is not made longer by others. */
  const add = (key: string): Promise<number> =>
    unlessAway(async () => {
      const results = await valkey.multi().set(key, 0, "EX", WINDOW_SECONDS, "NX").incr(key).exec();
      return Number(results?.[1]?.[1] ?? 0);
    });
  return {
    async admit(address) {
      const refusedCount = await unlessAway(async () => Number((await valkey.get(keyOf("refused", address))) ?? 0));
      if (refusedCount >= MAX_REFUSED || (await add(keyOf("all", address))) > MAX_DELIVERIES) {
        throw new DomainError("rate_limited", "Too many deliveries from this address. Try again in a minute.", {
          retryAfterSeconds: WINDOW_SECONDS,
        });
      }
    },
    async refused(address) {
      await add(keyOf("refused", address));
    },
  };
};
