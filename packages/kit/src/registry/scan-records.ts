import type { Redis } from "ioredis";
import type { ZodType, z } from "zod";

const SCAN_BATCH = 500;

/** Reads every string key that fits `pattern`. Values that are not JSON of this schema are passed over: they are not ours. */
export const scanRecords = async <T extends ZodType>(
  valkey: Redis,
  pattern: string,
  schema: T,
): Promise<z.output<T>[]> => {
  const keys = new Set<string>(); // a scan may give a key more than once
  let cursor = "0";
  do {
    const [next, found] = await valkey.scan(cursor, "MATCH", pattern, "COUNT", SCAN_BATCH);
    for (const key of found) keys.add(key);
    cursor = next;
  } while (cursor !== "0");
  if (keys.size === 0) return [];
  const values = await valkey.mget(...keys);
  return values.flatMap((value) => {
    const parsed = value === null ? null : schema.safeParse(parseJson(value));
    return parsed?.success === true ? [parsed.data] : [];
  });
};

/** Null for text that is not JSON. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};
