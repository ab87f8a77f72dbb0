import type { AppContext } from "@homeport/kit/app.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { APP_KEYS } from "@homeport/kit/registry/keys.ts";
import { type AppRecord, OwnAppRecord } from "@homeport/kit/registry/record.ts";
import { scanRecords } from "@homeport/kit/registry/scan-records.ts";
import { DeclaredSettings } from "@homeport/kit/settings/schema.ts";
import { log } from "../log.ts";
import type { RunningApps } from "../ports.ts";

type Valkey = AppContext["valkey"];

/** Somebody looks at a page meanwhile. */
const ANSWER_MS = 2_000;

/**
 * Reads the registry. While an app is replaced it runs twice, and what the newer instance declares is what will be. One that
 * declares what this version does not know is passed over whole: what is remembered of it stays.
 */
export const createRunningApps = (valkey: Valkey): RunningApps => ({
  async list() {
    const newest = new Map<string, AppRecord>();
    for (const record of await recordsOf(valkey)) {
      const other = newest.get(record.id);
      if (other === undefined || other.startedAt < record.startedAt) newest.set(record.id, record);
    }
    return [...newest.values()].flatMap(({ id, name, settings = [], environment = {} }) => {
      const declared = DeclaredSettings.safeParse(settings);
      if (declared.success) return [{ id, name, declarations: declared.data, environment }];
      log.warn({ appId: id, why: declared.error.issues[0]?.message }, "an app declares settings that cannot be used");
      return [];
    });
  },
});

const recordsOf = async (valkey: Valkey): Promise<AppRecord[]> => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_MS} ms`)), ANSWER_MS);
  });
  try {
    return await Promise.race([scanRecords(valkey, APP_KEYS, OwnAppRecord), tooLate]);
  } catch (err) {
    throw new DomainError("unavailable", "Valkey does not answer, so it is not known which apps run.", {
      cause: err,
      retryAfterSeconds: 5,
    });
  } finally {
    clearTimeout(timer);
  }
};
