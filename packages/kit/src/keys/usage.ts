import type { Db, Tx } from "../db/types.ts";

/**
 * How long after a key was replaced there can still be transactions under way with values that are sealed with it, by
 * the limits of a session (db/connect.ts). What an app counts after that is final.
 */
export const SETTLED_MS = 30_000;

/** Says for each key how many values of a column of the calling app it seals; counted after the start of `tx`. */
export const reportUsage = async (tx: Tx, source: string, remaining: ReadonlyMap<number, number>): Promise<void> => {
  const ids = [...remaining.keys()];
  const counts = [...remaining.values()];
  await tx`
    insert into platform.data_key_usage (app, source, key_id, remaining, checked_at)
    select platform.calling_app(), ${source}, counted.id, counted.remaining, now()
    from unnest(${ids}::integer[], ${counts}::bigint[]) as counted (id, remaining)
    on conflict (app, source, key_id) do update set remaining = excluded.remaining, checked_at = excluded.checked_at`;
};

/** A key as people see it: sealed with soon, now, or no more. */
export type DataKeyView = {
  id: number;
  state: "next" | "active" | "retired";
  activeFrom: Date;
  createdAt: Date;
  /** Values it still seals, over all apps; null while an app did not count them since that is final. */
  remaining: number | null;
};

/** `missing` are the apps that did not count since the count is final. */
export type UsageOfKey = DataKeyView & { missing: string[] };

/** All keys, newest first, with what all apps reported that ever did. */
export const listUsage = (sql: Db): Promise<UsageOfKey[]> => sql<UsageOfKey[]>`
  with keys as (
    select id, active_from, created_at, lead(active_from) over (order by id) as replaced_at
    from platform.data_keys
  ), sources as (
    select distinct app, source from platform.data_key_usage
  )
  select k.id, k.active_from as "activeFrom", k.created_at as "createdAt",
    case
      when k.active_from > now() then 'next'
      when k.replaced_at <= now() then 'retired'
      else 'active'
    end as state,
    case when bool_and(u.app is not null) then sum(u.remaining)::bigint end as remaining,
    coalesce(array_agg(distinct s.app order by s.app) filter (where s.app is not null and u.app is null), '{}') as missing
  from keys k
  left join sources s on true
  left join platform.data_key_usage u on u.key_id = k.id and u.app = s.app and u.source = s.source and u.checked_at >= case
    when k.replaced_at <= now() then k.replaced_at + ${SETTLED_MS} * interval '1 millisecond'
    else '-infinity'
  end
  group by k.id, k.active_from, k.created_at, k.replaced_at
  order by k.id desc`;
