import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import { type Id, newId, type OrganisationId, type ProjectId } from "@homeport/kit/ids.ts";
import type { Actor } from "../actor.ts";
import type { StoredChange } from "../state/applying.ts";

export type ChangeId = Id<"change">;

/** A change that waits; its value is sealed. */
export type StagedChange = {
  id: ChangeId;
  seq: number;
  change: StoredChange;
  sealed: Uint8Array | null;
  baseVersion: number | null;
  author: Actor;
  createdAt: Date;
};

/** In the order in which they were staged. */
export const listStaged = (sql: Db, projectId: ProjectId): Promise<StagedChange[]> => sql<StagedChange[]>`
  select id, seq, change, value_sealed as "sealed", base_version as "baseVersion", author, created_at as "createdAt"
  from deployments.changes
  where project_id = ${projectId} and state = 'staged'
  order by seq`;

export type NewChange = Pick<StagedChange, "id" | "change" | "sealed" | "baseVersion">;

/** Puts changes behind those that wait; the project is locked. The new version of the draft. */
export const insertChanges = async (
  tx: Db,
  project: { id: ProjectId; organisationId: OrganisationId; draftVersion: number },
  changes: readonly NewChange[],
  author: Actor,
): Promise<number> => {
  for (const [index, { id, change, sealed, baseVersion }] of changes.entries()) {
    // One by one: values may have 32 KiB each, and there are at most 200.
    await tx`
      insert into deployments.changes (id, organisation_id, project_id, seq, change, value_sealed, base_version, author)
      values (${id}, ${project.organisationId}, ${project.id}, ${project.draftVersion + index + 1},
        ${jsonb(tx, change)}, ${sealed}, ${baseVersion}, ${jsonb(tx, author)})`;
  }
  return setDraftVersion(tx, project.id, project.draftVersion + changes.length);
};

export const setDraftVersion = async (tx: Db, id: ProjectId, version: number): Promise<number> => {
  await tx`update deployments.projects set draft_version = ${version} where id = ${id}`;
  return version;
};

/** They keep nothing of their values. */
export const settleChanges = async (
  tx: Db,
  ids: readonly ChangeId[],
  outcome: { state: "discarded" } | { state: "applied"; changeSetId: string },
): Promise<void> => {
  const changeSetId = outcome.state === "applied" ? outcome.changeSetId : null;
  await tx`
    update deployments.changes
    set state = ${outcome.state}, change_set_id = ${changeSetId}, settled_at = now(), value_sealed = null
    where id = any (${ids as ChangeId[]}::uuid[]) and state = 'staged'`;
};

/** A change that waits, about something that has an id by now. */
export const rewriteChange = async (
  tx: Db,
  id: ChangeId,
  change: StoredChange,
  baseVersion: number | null,
): Promise<void> => {
  await tx`
    update deployments.changes set change = ${jsonb(tx, change)}, base_version = ${baseVersion}
    where id = ${id} and state = 'staged'`;
};

export const newChangeId = (): ChangeId => newId<ChangeId>();
