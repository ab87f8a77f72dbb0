import type { Db } from "@homeport/kit/db/connect.ts";
import type { ProjectId } from "@homeport/kit/ids.ts";
import { KEPT_BYTES, KEPT_EFFECTS, type LoggedEffect } from "../canvas/operation.ts";
import type { Project } from "../project.ts";

const columns = (sql: Db) => sql`seq, client, operation_id as id, effect, actor as by, at`;

export const findHead = async (sql: Db, projectId: ProjectId): Promise<number> => {
  const [row] = await sql<{ seq: number }[]>`select seq from deployments.canvases where project_id = ${projectId}`;
  return row?.seq ?? 0;
};

/** Effects of these operations of a client, which were done before. */
export const listDone = (
  sql: Db,
  projectId: ProjectId,
  operations: readonly { client: string; id: string }[],
): Promise<LoggedEffect[]> => sql<LoggedEffect[]>`
  select ${columns(sql)}
  from deployments.canvas_log
  where project_id = ${projectId} and (client, operation_id) in (
    select * from unnest(
      ${operations.map(({ client }) => client)}::text[], ${operations.map(({ id }) => id)}::text[]
    )
  )`;

/** Writes effects down whose numbers follow the newest one; the canvas is locked. */
export const appendEffects = async (
  tx: Db,
  { id, organisationId }: Project,
  effects: readonly Omit<LoggedEffect, "at">[],
): Promise<void> => {
  const head = effects.at(-1)?.seq;
  if (head === undefined) return;
  const texts = effects.map(({ effect }) => JSON.stringify(effect));
  await tx`
    insert into deployments.canvas_log
      (project_id, organisation_id, seq, client, operation_id, effect, size_bytes, actor)
    select ${id}, ${organisationId}, seq, client, operation_id, effect::jsonb, octet_length(effect), actor::jsonb
    from unnest(
      ${effects.map(({ seq }) => seq)}::bigint[], ${effects.map(({ client }) => client)}::text[],
      ${effects.map((one) => one.id)}::text[], ${texts}::text[],
      ${effects.map(({ by }) => JSON.stringify(by))}::text[]
    ) as done (seq, client, operation_id, effect, actor)`;
  await tx`update deployments.canvases set seq = ${head} where project_id = ${id}`;
  await tx`delete from deployments.canvas_log where project_id = ${id} and seq <= ${head - KEPT_EFFECTS}`;
};

/** Takes the oldest effects away until the rest is small enough. */
export const shrinkLog = async (tx: Db, projectId: ProjectId): Promise<void> => {
  await tx`
    delete from deployments.canvas_log
    where project_id = ${projectId} and seq <= (
      select max(seq)
      from (
        select seq, sum(size_bytes) over (order by seq desc) as total
        from deployments.canvas_log
        where project_id = ${projectId}
      ) sized
      where total > ${KEPT_BYTES}
    )`;
};

/** How much there is after `seq`, and where what is kept begins; null when nothing is kept. */
export const measureLog = async (
  sql: Db,
  projectId: ProjectId,
  after: number,
): Promise<{ first: number | null; count: number; bytes: number }> => {
  const [row] = await sql<{ first: number | null; count: number; bytes: number }[]>`
    select min(seq) as first, count(*) filter (where seq > ${after})::int as count,
      coalesce(sum(size_bytes) filter (where seq > ${after}), 0)::int as bytes
    from deployments.canvas_log
    where project_id = ${projectId}`;
  return row ?? { first: null, count: 0, bytes: 0 };
};

/** Effects after `after`, in order. */
export const listEffects = (sql: Db, projectId: ProjectId, after: number, limit: number): Promise<LoggedEffect[]> =>
  sql<LoggedEffect[]>`
    select ${columns(sql)}
    from deployments.canvas_log
    where project_id = ${projectId} and seq > ${after}
    order by seq
    limit ${limit}`;

/** Whether somebody has moved or resized something on a canvas since then. */
export const hasArranged = async (sql: Db, projectId: ProjectId, actorId: string, since: Date): Promise<boolean> => {
  const found = await sql`
    select seq
    from deployments.canvas_log
    where project_id = ${projectId} and at > ${since} and actor ->> 'id' = ${actorId}
      and effect ->> 'type' like 'node.%'
    limit 1`;
  return found.length > 0;
};
