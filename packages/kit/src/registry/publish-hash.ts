import type { Redis } from "ioredis";
import type { Signal } from "../lease/signal.ts";
import type { Logger } from "../log.ts";
import { CHANGED_CHANNEL } from "./keys.ts";
import { BEAT_MS, type Change, WorkloadsMeta } from "./record.ts";
import { parseJson } from "./scan-records.ts";

/** A hash whose `metaField` says which revision it has and how many fields that is, and the news that is told of it. */
export type PublishedHash = { key: string; metaField: string; kind: Exclude<Change["kind"], "app"> };

/** Every field of the hash besides `metaField`, as of one revision. */
export type HashTable = { revision: number; fields: ReadonlyMap<string, string> };

/** The truth that is published. All of it may run at any time and more than once. */
export type HashSource = {
  /** Table and revision as of one moment. @throws when they cannot be read; then nothing is published. */
  read(): Promise<HashTable>;
  revision(): Promise<number>;
  /** Makes the revision greater than `floor`. */
  raiseRevisionAbove(floor: number): Promise<void>;
  /** The highest revision that a reader holds, 0 without any: readers refuse lower ones, also when only they remember it. */
  highestHeld(): Promise<number>;
};

/**
 * How often the hash is compared with what was published, by its revision and size: a wiped Valkey is whole again within
 * this. The table itself is read when it has changed, and at each beat.
 */
const CHECK_MS = 3_000;

/**
 * Replaces the hash whole, unless a later one is there: decided where it is written, so a publisher that was held up
 * cannot bring an old table back. Runs by itself in Valkey, like MULTI. Returns the later revision, or -1 when written.
 */
const REPLACE = `
local known = redis.call('TYPE', KEYS[1]).ok == 'hash' and redis.call('HGET', KEYS[1], ARGV[3])
if known then
  local ok, meta = pcall(cjson.decode, known)
  if ok and type(meta) == 'table' and tonumber(meta.revision) and tonumber(meta.revision) > tonumber(ARGV[1]) then
    return tonumber(meta.revision)
  end
end
redis.call('DEL', KEYS[1])
for i = 6, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('HSET', KEYS[1], ARGV[3], ARGV[2])
redis.call('PUBLISH', ARGV[4], ARGV[5])
return -1`;

/** Writes a table to Valkey and tells its readers. Returns the revision that is there instead, when it is a later one. */
export const replaceHash = async (
  valkey: Redis,
  { key, metaField, kind }: PublishedHash,
  { revision, fields }: HashTable,
): Promise<number | null> => {
  const meta: WorkloadsMeta = { revision, count: fields.size };
  const change: Change = { kind, revision };
  const answer = await valkey.eval(
    REPLACE,
    1,
    key,
    String(revision),
    JSON.stringify(meta),
    metaField,
    CHANGED_CHANNEL,
    JSON.stringify(change),
    ...[...fields].flat(),
  );
  return answer === -1 ? null : Number(answer);
};

/** Whether Valkey holds a whole table of exactly this revision. */
export const holdsRevision = async (
  valkey: Redis,
  { key, metaField }: PublishedHash,
  revision: number,
): Promise<boolean> => {
  const [meta, length] = await Promise.all([valkey.hget(key, metaField), valkey.hlen(key)]).catch(nothingIfNoHash);
  const parsed = meta === null ? null : WorkloadsMeta.safeParse(parseJson(meta));
  return parsed?.success === true && parsed.data.revision === revision && parsed.data.count === length - 1;
};

/** What is in the hash's place may be something of somebody else's. */
const nothingIfNoHash = (err: unknown): [null, number] => {
  if (err instanceof Error && err.message.startsWith("WRONGTYPE")) return [null, 0];
  throw err;
};

export type HashPublisher = {
  /** Publishes what is true now. @throws when the database or Valkey cannot be reached */
  publish(): Promise<void>;
  /** Publishes after each raise of `changed`, at each beat, and when a check finds something else than the truth. */
  run(changed: Signal, until: AbortSignal): Promise<void>;
};

/** Keeps a hash in Valkey equal to a table in Postgres. Any number of instances may run. */
export const createHashPublisher = (
  valkey: Redis,
  hash: PublishedHash,
  source: HashSource,
  log: Logger,
): HashPublisher => {
  /** The revision that is published then. */
  const publish = async (): Promise<number> => {
    const table = await source.read();
    const later = await replaceHash(valkey, hash, table);
    if (later === null) return table.revision;
    // Either another instance was faster, or this database was restored from before that revision.
    if ((await source.revision()) >= later) return later;
    log.warn({ hash: hash.key, revision: later }, "a later revision than the database's is published, going past it");
    await source.raiseRevisionAbove(later);
    const higher = await source.read();
    return (await replaceHash(valkey, hash, higher)) ?? higher.revision;
  };
  const catchUpWithReaders = async (): Promise<void> => {
    const highest = await source.highestHeld();
    if (highest > (await source.revision())) await source.raiseRevisionAbove(highest);
  };
  return {
    publish: async () => void (await publish()),
    async run(changed, until) {
      let published = { seen: -1, revision: -1 };
      let beatAt = 0;
      let reachable = true;
      while (!until.aborted) {
        const seen = changed.count();
        try {
          const isBeat = performance.now() >= beatAt;
          if (isBeat) await catchUpWithReaders();
          const isDue = isBeat || seen !== published.seen;
          if (isDue || !(await holdsRevision(valkey, hash, published.revision)))
            published = { seen, revision: await publish() };
          if (isBeat) beatAt = performance.now() + BEAT_MS;
          reachable = true;
        } catch (err) {
          if (reachable)
            log.warn({ err, hash: hash.key }, "a table could not be published, readers keep their last one");
          reachable = false;
        }
        await changed.waitAbove(seen, CHECK_MS, until);
      }
    },
  };
};
