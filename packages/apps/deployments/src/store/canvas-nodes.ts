import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import type { ProjectId, ServiceId } from "@homeport/kit/ids.ts";
import type { Actor } from "@homeport/kit/principal.ts";
import {
  MAX_NODES,
  type NodeId,
  type NodeKind,
  type Note,
  type NoteId,
  type Place,
  type Position,
} from "../canvas/node.ts";
import type { WrittenNote } from "../canvas/operation.ts";
import type { Project } from "../project.ts";
import type { GroupId } from "../scope.ts";

/** Makes the others who write on this canvas wait for the end of the transaction. The number of its newest effect. */
export const lockCanvas = async (tx: Db, { id, organisationId }: Project): Promise<number> => {
  const [row] = await tx<{ seq: number }[]>`
    insert into deployments.canvases (project_id, organisation_id)
    values (${id}, ${organisationId})
    on conflict (project_id) do update set seq = canvases.seq
    returning seq`;
  return row?.seq ?? 0;
};

/** Which of these can be put somewhere, and what they are: services and groups of the project, and notes. */
export const listKinds = async (tx: Db, { id }: Project, ids: readonly NodeId[]): Promise<Map<NodeId, NodeKind>> => {
  const rows = await tx<{ id: NodeId; kind: NodeKind }[]>`
    select id, 'service' as kind from deployments.services where project_id = ${id} and id = any(${[...ids]}::uuid[])
    union all
    select id, 'group' from deployments.groups where project_id = ${id} and id = any(${[...ids]}::uuid[])
    union all
    select id, 'note' from deployments.canvas_nodes
    where project_id = ${id} and kind = 'note' and id = any(${[...ids]}::uuid[])`;
  return new Map(rows.map((row) => [row.id, row.kind]));
};

/** Puts nodes that exist somewhere; of a node that is named twice the last place holds. */
export const putPositions = async (
  tx: Db,
  project: Project,
  kinds: ReadonlyMap<NodeId, NodeKind>,
  positions: readonly Position[],
  by: Actor,
): Promise<void> => {
  const last = [...new Map(positions.map((position) => [position.id, position])).values()];
  await tx`
    insert into deployments.canvas_nodes (project_id, organisation_id, id, kind, x, y, z, updated_by)
    select ${project.id}, ${project.organisationId}, id, kind, x, y, coalesce(z, 0), ${jsonb(tx, by)}
    from unnest(
      ${last.map(({ id }) => id)}::uuid[], ${last.map(({ id }) => kinds.get(id) ?? "")}::text[],
      ${last.map(({ x }) => x)}::float8[], ${last.map(({ y }) => y)}::float8[],
      ${last.map(({ z }) => z ?? null)}::int[]
    ) as put (id, kind, x, y, z)
    where kind <> 'note'
    on conflict (project_id, id) do nothing`;
  await tx`
    update deployments.canvas_nodes n set
      x = put.x, y = put.y, z = coalesce(put.z, n.z), updated_by = ${jsonb(tx, by)}, updated_at = now()
    from unnest(
      ${last.map(({ id }) => id)}::uuid[], ${last.map(({ x }) => x)}::float8[], ${last.map(({ y }) => y)}::float8[],
      ${last.map(({ z }) => z ?? null)}::int[]
    ) as put (id, x, y, z)
    where n.project_id = ${project.id} and n.id = put.id`;
};

/** False for a node that nobody has put anywhere yet. */
export const putSize = async (
  tx: Db,
  project: Project,
  id: NodeId,
  { width, height }: { width: number; height: number },
  by: Actor,
): Promise<boolean> => {
  const changed = await tx`
    update deployments.canvas_nodes set
      width = ${width}, height = ${height}, updated_by = ${jsonb(tx, by)}, updated_at = now()
    where project_id = ${project.id} and id = ${id}
    returning id`;
  return changed.length === 1;
};

const place = (sql: Db) => sql`
  jsonb_build_object('x', n.x, 'y', n.y, 'width', n.width, 'height', n.height, 'z', n.z) as place`;

const noteColumns = (sql: Db) => sql`
  n.id, n.text, n.color, ${place(sql)}, n.version, n.updated_by as "updatedBy", n.updated_at as "updatedAt"`;

export const findNote = async (sql: Db, projectId: ProjectId, id: NoteId): Promise<Note | null> => {
  const [note] = await sql<Note[]>`
    select ${noteColumns(sql)}
    from deployments.canvas_nodes n
    where n.project_id = ${projectId} and n.id = ${id} and n.kind = 'note'`;
  return note ?? null;
};

export const listNotes = (sql: Db, projectId: ProjectId): Promise<Note[]> => sql<Note[]>`
  select ${noteColumns(sql)}
  from deployments.canvas_nodes n
  where n.project_id = ${projectId} and n.kind = 'note'
  order by n.id`;

export const countNotes = async (sql: Db, projectId: ProjectId): Promise<number> => {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from deployments.canvas_nodes where project_id = ${projectId} and kind = 'note'`;
  return row?.count ?? 0;
};

export const insertNote = async (tx: Db, project: Project, note: WrittenNote, by: Actor): Promise<void> => {
  const { x, y, width, height } = note.place;
  await tx`
    insert into deployments.canvas_nodes
      (project_id, organisation_id, id, kind, x, y, width, height, z, text, color, updated_by)
    values (${project.id}, ${project.organisationId}, ${note.id}, 'note', ${x}, ${y}, ${width}, ${height},
      ${note.place.z}, ${note.text}, ${note.color}, ${jsonb(tx, by)})`;
};

export const updateNote = async (tx: Db, projectId: ProjectId, note: WrittenNote, by: Actor): Promise<void> => {
  await tx`
    update deployments.canvas_nodes set
      text = ${note.text}, color = ${note.color}, version = ${note.version},
      updated_by = ${jsonb(tx, by)}, updated_at = now()
    where project_id = ${projectId} and id = ${note.id}`;
};

export const removeNote = async (tx: Db, projectId: ProjectId, id: NoteId): Promise<void> => {
  await tx`delete from deployments.canvas_nodes where project_id = ${projectId} and id = ${id} and kind = 'note'`;
};

/** The services of a project by name, with where they are. */
export const listServiceNodes = (
  sql: Db,
  projectId: ProjectId,
): Promise<{ id: ServiceId; slug: string; group: GroupId | null; place: Place | null }[]> => sql<
  { id: ServiceId; slug: string; group: GroupId | null; place: Place | null }[]
>`
  select s.id, s.slug, s.group_id as "group", case when n.id is not null then p.place end as place
  from deployments.services s
  left join deployments.canvas_nodes n on n.project_id = s.project_id and n.id = s.id
  left join lateral (select ${place(sql)}) p on true
  where s.project_id = ${projectId}
  order by s.slug
  limit ${MAX_NODES}`;

export const listGroupNodes = (
  sql: Db,
  projectId: ProjectId,
): Promise<{ id: GroupId; slug: string; place: Place | null }[]> => sql<
  { id: GroupId; slug: string; place: Place | null }[]
>`
  select g.id, g.slug, case when n.id is not null then p.place end as place
  from deployments.groups g
  left join deployments.canvas_nodes n on n.project_id = g.project_id and n.id = g.id
  left join lateral (select ${place(sql)}) p on true
  where g.project_id = ${projectId}
  order by g.slug
  limit ${MAX_NODES}`;
