import type { Sql } from "@homeport/kit/db/connect.ts";

/**
 * What the platform notes for itself, whoever asks: places of readers in the event log, its numbers, what is left to do
 * after a change of keys, which settings the running apps declare, and that its own parts gave up a rollout of a workload
 * which is not known, or not yet.
 */
const NOT_A_CHANGE = [
  "platform.event_cursors",
  "platform.event_sequence",
  "platform.data_key_usage",
  "settings.declarations",
  "clusters.given_up",
];

export type Changes = {
  /** The tables that were written to since the last call, each with how often. */
  take(): Promise<Record<string, number>>;
};

/**
 * Makes the database note every row that is written in any table of these schemas, but for what workers write of the rows
 * that they hold: that is work which somebody asked for before.
 */
export const watchChanges = async (sql: Sql, schemas: readonly string[]): Promise<Changes> => {
  await sql`create schema if not exists matrix`;
  await sql`create table if not exists matrix.writes (place text not null, at timestamptz not null default now())`;
  await sql`grant usage on schema matrix to public`;
  await sql`grant insert on matrix.writes to public`;
  await sql`
    create or replace function matrix.note() returns trigger language plpgsql as $$
    declare
      noted text[] = array['last_seen_at', 'last_used_at', 'seq', 'xid',
        'lease_token', 'lease_until', 'attempt', 'step_at'];
      lease text;
    begin
      if tg_op = 'UPDATE' then lease = to_jsonb(old) ->> 'lease_token'; end if;
      if lease = to_jsonb(new) ->> 'lease_token' then return null; end if; -- by the worker that holds it
      if tg_op = 'UPDATE' and to_jsonb(old) - noted = to_jsonb(new) - noted then return null; end if;
      insert into matrix.writes (place) values (tg_table_schema || '.' || tg_table_name);
      return null;
    end $$`;
  const tables = await sql<{ place: string }[]>`
    select schemaname || '.' || tablename as place
    from pg_catalog.pg_tables
    where schemaname = any (${[...schemas]}::text[])`;
  for (const { place } of tables) {
    if (NOT_A_CHANGE.includes(place)) continue;
    await sql`
      create trigger zz_matrix after insert or update or delete on ${sql(place)}
      for each row execute function matrix.note()`;
  }
  return {
    async take() {
      const rows = await sql<{ place: string; count: number }[]>`
        with taken as (delete from matrix.writes returning place)
        select place, count(*)::int as count from taken group by place order by place`;
      return Object.fromEntries(rows.map(({ place, count }) => [place, count]));
    },
  };
};
