import type { Db } from "@homeport/kit/db/connect.ts";
import type { Chunk } from "../chunk.ts";
import type { StreamId } from "../stream.ts";

const columns = (sql: Db) => sql`
  first_line as "firstLine", line_count as "lineCount", text_bytes as "textBytes", first_at as "firstAt",
  last_at as "lastAt", data`;

export const findNewestChunk = async (sql: Db, id: StreamId): Promise<(Chunk & { openedAt: Date }) | null> => {
  const [row] = await sql<(Chunk & { openedAt: Date })[]>`
    select ${columns(sql)}, opened_at as "openedAt" from logging.chunks where stream_id = ${id} order by first_line desc limit 1`;
  return row ?? null;
};

/** Writes chunks; one that begins at the same line is replaced, and was opened when it was. */
export const saveChunks = async (sql: Db, id: StreamId, chunks: readonly Chunk[], now: Date): Promise<void> => {
  const rows = chunks.map((chunk) => ({
    stream_id: id,
    first_line: chunk.firstLine,
    line_count: chunk.lineCount,
    text_bytes: chunk.textBytes,
    first_at: chunk.firstAt,
    last_at: chunk.lastAt,
    opened_at: now,
    written_at: now,
    data: chunk.data,
  }));
  await sql`
    insert into logging.chunks ${sql(rows)}
    on conflict (stream_id, first_line) do update set
      line_count = excluded.line_count, text_bytes = excluded.text_bytes, first_at = excluded.first_at,
      last_at = excluded.last_at, written_at = excluded.written_at, data = excluded.data`;
};

/** Times that a chunk has to touch; null for any. */
export type Span = { from: Date | null; to: Date | null };

const touches = (sql: Db, { from, to }: Span) => sql`
  (${from}::timestamptz is null or last_at >= ${from}) and (${to}::timestamptz is null or first_at <= ${to})`;

/** Chunks with lines below `before`, newest first. */
export const listChunksBefore = (sql: Db, id: StreamId, before: number, span: Span, limit: number): Promise<Chunk[]> =>
  sql<Chunk[]>`
    select ${columns(sql)}
    from logging.chunks
    where stream_id = ${id} and first_line < ${before} and ${touches(sql, span)}
    order by first_line desc
    limit ${limit}`;

/** Chunks with lines above `after`, oldest first. */
export const listChunksAfter = (sql: Db, id: StreamId, after: number, span: Span, limit: number): Promise<Chunk[]> =>
  sql<Chunk[]>`
    select ${columns(sql)}
    from logging.chunks
    where stream_id = ${id} and ${touches(sql, span)}
      and first_line >= coalesce(
        (select max(first_line) from logging.chunks where stream_id = ${id} and first_line <= ${after + 1}), 0)
      and first_line + line_count > ${after + 1}
    order by first_line
    limit ${limit}`;

/** Removes the oldest chunks of a stream until what is left takes at most `bytes`. */
export const removeOldestBeyond = async (sql: Db, id: StreamId, bytes: number): Promise<void> => {
  await sql`
    delete from logging.chunks
    where stream_id = ${id} and first_line in (
      select first_line
      from (
        select first_line, sum(octet_length(data)) over (order by first_line desc) as with_newer
        from logging.chunks
        where stream_id = ${id}
      ) sized
      where with_newer > ${bytes}
    )`;
};

export type ChunkKey = { streamId: StreamId; firstLine: number };

/** Chunks of runtime logs written before `before`, at most `limit`. */
export const listOldChunks = (sql: Db, before: Date, limit: number): Promise<ChunkKey[]> =>
  sql<ChunkKey[]>`
    select stream_id as "streamId", first_line as "firstLine"
    from logging.chunks
    where written_at < ${before} and stream_id like 'runtime.%'
    order by written_at, stream_id, first_line
    limit ${limit}`;

/** Removes those of `chunks` that were still not written to since `before`. Their streams are locked. */
export const removeOldChunks = async (sql: Db, chunks: readonly ChunkKey[], before: Date): Promise<void> => {
  await sql`
    delete from logging.chunks
    using unnest(
      ${sql.array(chunks.map(({ streamId }) => streamId))}::text[],
      ${sql.array(chunks.map(({ firstLine }) => firstLine))}::bigint[]
    ) as old (stream_id, first_line)
    where chunks.stream_id = old.stream_id and chunks.first_line = old.first_line and written_at < ${before}`;
};
