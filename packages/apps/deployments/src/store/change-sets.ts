import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import { type Id, newId, type OrganisationId, type ProjectId } from "@homeport/kit/ids.ts";
import type { Actor } from "../actor.ts";
import type { DiffEntry } from "../state/diff.ts";

export type ChangeSetId = Id<"change-set">;

/** Changes as they were applied together. Numbered per project. */
export type ChangeSet = {
  id: ChangeSetId;
  number: number;
  author: Actor;
  message: string;
  diff: DiffEntry[];
  appliedAt: Date;
};

const columns = (sql: Db) => sql`id, number, author, message, diff, applied_at as "appliedAt"`;

/** The number of the next set; the project is locked. */
export const nextChangeSetNumber = async (tx: Db, projectId: ProjectId): Promise<number> => {
  const [row] = await tx<{ number: number }[]>`
    update deployments.projects set last_change_set_number = last_change_set_number + 1
    where id = ${projectId}
    returning last_change_set_number as number`;
  return row?.number ?? 1;
};

export const insertChangeSet = async (
  tx: Db,
  project: { id: ProjectId; organisationId: OrganisationId },
  set: Omit<ChangeSet, "id" | "appliedAt">,
): Promise<ChangeSetId> => {
  const id = newId<ChangeSetId>();
  await tx`
    insert into deployments.change_sets (id, organisation_id, project_id, number, author, message, diff)
    values (${id}, ${project.organisationId}, ${project.id}, ${set.number}, ${jsonb(tx, set.author)}, ${set.message},
      ${jsonb(tx, set.diff)})`;
  return id;
};

/** Newest first, below number `before`. */
export const listChangeSets = (
  sql: Db,
  projectId: ProjectId,
  before: number | null,
  limit: number,
): Promise<ChangeSet[]> => sql<ChangeSet[]>`
  select ${columns(sql)}
  from deployments.change_sets
  where project_id = ${projectId} ${before === null ? sql`` : sql`and number < ${before}`}
  order by number desc
  limit ${limit}`;

/** The newest set that is about something; null when none is. */
export const findChangeSetAbout = async (
  sql: Db,
  projectId: ProjectId,
  target: { kind: string; id: string },
): Promise<ChangeSet | null> => {
  const [row] = await sql<ChangeSet[]>`
    select ${columns(sql)}
    from deployments.change_sets
    where project_id = ${projectId} and diff @> ${jsonb(sql, [{ target }])}
    order by number desc
    limit 1`;
  return row ?? null;
};
