import type { Db } from "@homeport/kit/db/connect.ts";
import type { StreamId } from "../stream.ts";

/** How many lines a writer has sent; 0 for one that is not known. */
export const findOffset = async (sql: Db, id: StreamId, writer: string): Promise<number> => {
  const [row] = await sql<{ nextOffset: number }[]>`
    select next_offset as "nextOffset" from logging.writers where stream_id = ${id} and writer = ${writer}`;
  return row?.nextOffset ?? 0;
};

export const saveOffset = async (
  sql: Db,
  id: StreamId,
  writer: string,
  nextOffset: number,
  now: Date,
): Promise<void> => {
  await sql`
    insert into logging.writers (stream_id, writer, next_offset, written_at)
    values (${id}, ${writer}, ${nextOffset}, ${now})
    on conflict (stream_id, writer) do update set next_offset = excluded.next_offset, written_at = excluded.written_at`;
};

/** Forgets writers that have been silent since `before`. Returns how many, at most `limit`. */
export const removeWriters = async (sql: Db, before: Date, limit: number): Promise<number> => {
  const removed = await sql`
    delete from logging.writers
    where (stream_id, writer) in (
      select stream_id, writer
      from logging.writers
      where written_at < ${before}
      order by written_at
      limit ${limit}
      for update skip locked -- whoever removes a whole stream removes them too
    )
    returning writer`;
  return removed.length;
};
