import type { AppContext } from "@homeport/kit/app.ts";
import { APP_KEYS } from "@homeport/kit/registry/keys.ts";
import { AppRecord } from "@homeport/kit/registry/record.ts";
import { scanRecords } from "@homeport/kit/registry/scan-records.ts";
import { log } from "../log.ts";
import type { DeclaredActions } from "../ports.ts";

/** Making a token waits for it. */
const ANSWER_MS = 2_000;

/** What the apps that run say of their actions. */
export const declaredActions = (valkey: AppContext["valkey"]): DeclaredActions => ({
  async read() {
    try {
      const records = await inTime(scanRecords(valkey, APP_KEYS, AppRecord));
      const dangerous = new Set(records.flatMap((record) => record.dangerous ?? []));
      const actions = records.flatMap((record) => record.actions ?? []);
      return {
        implied: new Set(actions.filter((action) => !dangerous.has(action))),
        known: records.every((record) => record.actions !== undefined) ? new Set(actions) : null,
      };
    } catch (err) {
      log.warn({ err }, "it is not known which actions there are; all of them are taken for dangerous");
      return { implied: new Set(), known: null };
    }
  },
});

const inTime = async <T>(work: Promise<T>): Promise<T> => {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_MS} ms`)), ANSWER_MS);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
};
