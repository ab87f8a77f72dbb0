import type { Db } from "@homeport/kit/db/connect.ts";
import type { LogStream, StreamId, StreamOwner } from "../stream.ts";

const columns = (sql: Db) => sql`
  id, organisation_id as "organisationId", project_id as "projectId", service_id as "serviceId",
  environment_id as "environmentId",
  next_line as "nextLine", first_line as "firstLine", text_bytes as "textBytes", stored_bytes as "storedBytes",
  dropped_lines as "droppedLines", full_at as "fullAt", ended_at as "endedAt", created_at as "createdAt"`;

/** Changes nothing when the stream exists, whoever owns it; but one that knew no environment learns it from its owner. */
export const insertStream = async (sql: Db, id: StreamId, owner: StreamOwner, now: Date): Promise<void> => {
  await sql`
    insert into logging.streams (id, organisation_id, project_id, service_id, environment_id, created_at, written_at)
    values (${id}, ${owner.organisationId}, ${owner.projectId}, ${owner.serviceId}, ${owner.environmentId}, ${now}, ${now})
    on conflict (id) do update set environment_id = excluded.environment_id
    where streams.environment_id is null
      and streams.organisation_id = excluded.organisation_id and streams.project_id = excluded.project_id`;
};

export const findStream = async (sql: Db, id: string): Promise<LogStream | null> => {
  const [row] = await sql<LogStream[]>`select ${columns(sql)} from logging.streams where id = ${id}`;
  return row ?? null;
};

/** The same, locked: everything that changes the lines of a stream takes turns under this lock. */
export const lockStream = async (sql: Db, id: string): Promise<LogStream | null> => {
  const [row] = await sql<LogStream[]>`select ${columns(sql)} from logging.streams where id = ${id} for update`;
  return row ?? null;
};

/** Locks several, always in the same order: who locks one of them is waited for, and waits for none of the others. */
export const lockStreams = async (sql: Db, ids: StreamId[]): Promise<void> => {
  await sql`select id from logging.streams where id in ${sql(ids)} order by id for update`;
};

/** How far the streams of a list are; those that are gone are missing. */
export const listProgress = (sql: Db, ids: StreamId[]): Promise<{ id: StreamId; nextLine: number; ended: boolean }[]> =>
  sql<{ id: StreamId; nextLine: number; ended: boolean }[]>`
    select id, next_line as "nextLine", ended_at is not null as ended
    from logging.streams
    where id in ${sql(ids)}`;

export type Growth = Pick<LogStream, "nextLine" | "textBytes" | "storedBytes" | "droppedLines" | "fullAt">;

export const saveGrowth = async (sql: Db, id: StreamId, growth: Growth, now: Date): Promise<void> => {
  await sql`
    update logging.streams
    set next_line = ${growth.nextLine}, text_bytes = ${growth.textBytes}, stored_bytes = ${growth.storedBytes},
      dropped_lines = ${growth.droppedLines}, full_at = ${growth.fullAt}, written_at = ${now}
    where id = ${id}`;
};

export const setEnded = async (sql: Db, id: StreamId, now: Date): Promise<void> => {
  await sql`update logging.streams set ended_at = ${now} where id = ${id} and ended_at is null`;
};

/** Brings what streams that are locked say of their chunks in line with them, after some were removed. */
export const recountStreams = async (sql: Db, ids: StreamId[]): Promise<void> => {
  await sql`
    update logging.streams s
    set stored_bytes = coalesce(c.bytes, 0), first_line = coalesce(c.first_line, s.next_line)
    from unnest(${sql.array(ids)}::text[]) as wanted (id)
    left join lateral (
      select sum(octet_length(data)) as bytes, min(first_line) as first_line
      from logging.chunks
      where stream_id = wanted.id
    ) c on true
    where s.id = wanted.id`;
};

export const removeStream = async (sql: Db, id: string): Promise<boolean> => {
  const removed = await sql`delete from logging.streams where id = ${id} returning id`;
  return removed.length > 0;
};

export type BuildLogAges = {
  /** Logs that ended before. */
  endedBefore: Date;
  /** Logs that never ended and that nothing was written to since. */
  abandonedBefore: Date;
};

/** Removes whole build logs. Returns how many, at most `limit`. */
export const removeBuildLogs = async (
  sql: Db,
  { endedBefore, abandonedBefore }: BuildLogAges,
  limit: number,
): Promise<number> => {
  const removed = await sql`
    delete from logging.streams
    where id in (
      select id from logging.streams
      where written_at < ${endedBefore}
        -- Nobody says when the log of a one-off command is complete; it is silent for a day at most.
        and (id like 'run.%' or (id like 'build.%'
          and (ended_at < ${endedBefore} or (ended_at is null and written_at < ${abandonedBefore}))))
      order by written_at, id
      limit ${limit}
      for update skip locked
    )
    returning id`;
  return removed.length;
};
