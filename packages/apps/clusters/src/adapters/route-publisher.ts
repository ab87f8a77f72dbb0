import type { AppContext } from "@homeport/kit/app.ts";
import { CHANGED_CHANNEL, WORKLOADS_KEY, WORKLOADS_META_FIELD } from "@homeport/kit/registry/keys.ts";
import { BEAT_MS, type Change, WorkloadsMeta } from "@homeport/kit/registry/record.ts";
import { log } from "../log.ts";
import type { RouteSource } from "../ports.ts";
import type { RouteTable } from "../route.ts";
import type { Signal } from "../signal.ts";
import { listGatewayRecords } from "./gateways.ts";

type Valkey = AppContext["valkey"];

/** How often the published table is compared with the truth, by its revision and size: a wiped Valkey is whole again within this. */
const CHECK_MS = 3_000;

/**
 * Replaces the table whole, unless a later one is there: decided where it is written, so a publisher that was held up
 * cannot bring an old table back. Runs by itself in Valkey, like MULTI. Returns the later revision, or -1 when written.
 */
const REPLACE = `
local known = redis.call('HGET', KEYS[1], ARGV[3])
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

/** Writes a table to Valkey and tells gateways. Returns the revision that is there instead, when it is a later one. */
export const replaceRoutes = async (valkey: Valkey, table: RouteTable): Promise<number | null> => {
  const meta: WorkloadsMeta = { revision: table.revision, count: table.routes.length };
  const change: Change = { kind: "workloads", revision: table.revision };
  const fields = table.routes.flatMap((route) => [route.workloadId, JSON.stringify(route)]);
  const answer = await valkey.eval(
    REPLACE,
    1,
    WORKLOADS_KEY,
    String(table.revision),
    JSON.stringify(meta),
    WORKLOADS_META_FIELD,
    CHANGED_CHANNEL,
    JSON.stringify(change),
    ...fields,
  );
  return answer === -1 ? null : Number(answer);
};

/** Whether Valkey holds a whole table of exactly this revision. */
export const holdsRevision = async (valkey: Valkey, revision: number): Promise<boolean> => {
  const [meta, length] = await Promise.all([
    valkey.hget(WORKLOADS_KEY, WORKLOADS_META_FIELD),
    valkey.hlen(WORKLOADS_KEY),
  ]);
  const parsed = meta === null ? null : WorkloadsMeta.safeParse(parseJson(meta));
  return parsed?.success === true && parsed.data.revision === revision && parsed.data.count === length - 1;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null; // written by nobody of ours; it is replaced
  }
};

export type RoutePublisher = {
  /** Publishes what is true now. @throws when the database or Valkey cannot be reached */
  publish(): Promise<void>;
  /** Publishes after each raise of `changed`, at each beat, and when a check finds something else than the truth. */
  run(changed: Signal, until: AbortSignal): Promise<void>;
};

/** Keeps the routes in Valkey equal to those in Postgres. Any number of instances may run. */
export const createRoutePublisher = (valkey: Valkey, source: RouteSource): RoutePublisher => {
  const publish = async (): Promise<void> => {
    const later = await replaceRoutes(valkey, await source.read());
    if (later === null) return;
    // Either another instance was faster, or this database was restored from before that revision.
    if ((await source.revision()) >= later) return;
    log.warn({ revision: later }, "routes of a later revision than the database's are published, going past it");
    await source.raiseRevisionAbove(later);
    await replaceRoutes(valkey, await source.read());
  };
  /** Gateways refuse revisions below their own, also those that only they still remember. */
  const catchUpWithGateways = async (): Promise<void> => {
    const highest = Math.max(0, ...(await listGatewayRecords(valkey)).map(({ revision }) => revision));
    if (highest > (await source.revision())) await source.raiseRevisionAbove(highest);
  };
  return {
    publish,
    async run(changed, until) {
      let published = -1;
      let beatAt = 0;
      let reachable = true;
      while (!until.aborted) {
        const seen = changed.count();
        try {
          const isBeat = performance.now() >= beatAt;
          if (isBeat) await catchUpWithGateways();
          if (isBeat || seen !== published || !(await holdsRevision(valkey, await source.revision()))) await publish();
          if (isBeat) beatAt = performance.now() + BEAT_MS;
          published = seen;
          reachable = true;
        } catch (err) {
          if (reachable) log.warn({ err }, "routes could not be published, gateways keep their last ones");
          reachable = false;
        }
        await changed.waitAbove(seen, CHECK_MS, until);
      }
    },
  };
};
