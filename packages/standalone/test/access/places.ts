import type { Sql } from "@homeport/kit/db/connect.ts";
import type { Platform } from "@homeport/kit/platform.ts";

type Valkey = Platform["valkey"];

/** One thing that a secret could be in, with where it is. */
export type Piece = { place: string; bytes: Buffer };

const BATCH = 500;

/** Every row of every table as Postgres prints it, every value of bytes by itself, and what sessions ran last. */
export async function* databasePieces(admin: Sql): AsyncGenerator<Piece> {
  const tables = await admin<{ table: string; columns: string[] }[]>`
    select t.table_schema || '.' || t.table_name as table,
      coalesce(array_agg(c.column_name::text) filter (where c.data_type = 'bytea'), '{}') as columns
    from information_schema.tables t
    join information_schema.columns c using (table_schema, table_name)
    where t.table_type = 'BASE TABLE' and t.table_schema not in ('pg_catalog', 'information_schema')
    group by 1
    order by 1`;
  for (const { table, columns } of tables) {
    const rows = admin<{ row: string }[]>`select t::text as row from ${admin(table)} t`.cursor(BATCH);
    for await (const batch of rows) {
      for (const { row } of batch) yield { place: `database ${table}`, bytes: Buffer.from(row) };
    }
    for (const column of columns) {
      const values = admin<{ value: Buffer }[]>`
        select ${admin(column)} as value from ${admin(table)} where ${admin(column)} is not null`.cursor(BATCH);
      for await (const batch of values) {
        for (const { value } of batch) yield { place: `database ${table}.${column}`, bytes: value };
      }
    }
  }
  const running = await admin<{ query: string }[]>`select query from pg_catalog.pg_stat_activity`;
  for (const { query } of running) yield { place: "database pg_stat_activity", bytes: Buffer.from(query) };
}

/** Every key of a Valkey with what is in it. */
export async function* valkeyPieces(valkey: Valkey): AsyncGenerator<Piece> {
  let cursor = "0";
  do {
    const [next, keys] = await valkey.scan(cursor, "COUNT", 1000);
    for (const key of keys) {
      for (const bytes of [Buffer.from(key), ...(await contentOf(valkey, key))])
        yield { place: `valkey ${key}`, bytes };
    }
    cursor = next;
  } while (cursor !== "0");
}

const contentOf = async (valkey: Valkey, key: string): Promise<Buffer[]> => {
  switch (await valkey.type(key)) {
    case "string":
      return [(await valkey.getBuffer(key)) ?? Buffer.alloc(0)];
    case "hash":
      return Object.entries(await valkey.hgetallBuffer(key)).flatMap(([field, value]) => [Buffer.from(field), value]);
    case "list":
      return valkey.lrangeBuffer(key, 0, -1);
    case "set":
      return valkey.smembersBuffer(key);
    case "zset":
      return valkey.zrangeBuffer(key, "0", "-1");
    case "stream":
      return (await valkey.xrangeBuffer(key, "-", "+")).flatMap(([id, fields]) => [id, ...fields]);
    default:
      return []; // it ended meanwhile
  }
};

/** What a Valkey is told from now on, until the end: also what is published and kept nowhere. */
export const watchValkey = async (valkey: Valkey): Promise<{ pieces(): Piece[]; end(): void }> => {
  const said: string[] = [];
  const monitor = await valkey.monitor();
  monitor.on("monitor", (_time: string, words: string[]) => said.push(words.join(" ")));
  return {
    pieces: () => said.map((text) => ({ place: "valkey MONITOR", bytes: Buffer.from(text) })),
    end: () => monitor.disconnect(),
  };
};
