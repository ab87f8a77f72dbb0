import type { Db } from "@homeport/kit/db/connect.ts";
import type { OrganisationId, WorkloadId } from "@homeport/kit/ids.ts";

/** Why a workload has a label: its own, that of a branch it was deployed from, or that of one deployment. */
export type LabelKind = "main" | "branch" | "deployment";

export type LabelOwner = {
  organisationId: OrganisationId;
  workloadId: WorkloadId;
  kind: LabelKind;
  /** The branch or the deployment's id; empty for its own. */
  reference: string;
};

/** Gives a workload the first of some labels that nobody has; the one it has for this already stays. */
export const claimLabel = async (tx: Db, owner: LabelOwner, labels: readonly string[]): Promise<string> => {
  const { organisationId, workloadId, kind, reference } = owner;
  const [known] = await tx<{ label: string }[]>`
    update deployments.host_labels set retired_at = null
    where workload_id = ${workloadId} and kind = ${kind} and reference = ${reference}
    returning label`;
  if (known !== undefined) return known.label;
  for (const label of labels) {
    // one attempt for each of at most two labels; the database decides which one is free
    const made = await tx`
      insert into deployments.host_labels (label, organisation_id, workload_id, kind, reference)
      values (${label}, ${organisationId}, ${workloadId}, ${kind}, ${reference})
      on conflict (label) do nothing
      returning label`;
    if (made.length === 1) return label;
  }
  throw new Error(`no host label was free for workload ${workloadId}`);
};

/** The label that a workload has for this; null for none, and for one that was given up. */
export const findLabel = async (sql: Db, { workloadId, kind, reference }: LabelOwner): Promise<string | null> => {
  const [known] = await sql<{ label: string }[]>`
    select label from deployments.host_labels
    where workload_id = ${workloadId} and kind = ${kind} and reference = ${reference} and retired_at is null`;
  return known?.label ?? null;
};

/**
 * Gives up the labels that some workloads have for a branch. A label that a live release still answers to stays theirs
 * until `removeRetiredLabels`, so that nobody else gets an address that is in use.
 */
export const retireBranchLabels = async (
  tx: Db,
  workloadIds: readonly WorkloadId[],
  branch: string,
): Promise<string[]> => {
  const retired = await tx<{ label: string }[]>`
    update deployments.host_labels set retired_at = now()
    where workload_id = any (${workloadIds as WorkloadId[]}::uuid[]) and kind = 'branch' and reference = ${branch}
      and retired_at is null
    returning label`;
  for (const workloadId of workloadIds) await removeRetiredLabels(tx, workloadId); // at most one each environment
  return retired.map(({ label }) => label);
};

/** Lets go of the labels of a workload that were given up and that what is live there does not answer to. */
export const removeRetiredLabels = async (tx: Db, workloadId: WorkloadId): Promise<void> => {
  await tx`
    delete from deployments.host_labels h
    where h.workload_id = ${workloadId} and h.retired_at is not null
      and not exists (
        select 1
        from deployments.workloads w
        join deployments.releases r on r.id = w.current_release_id
        where w.id = h.workload_id and h.label = any (r.host_labels))
      and not exists (
        select 1
        from deployments.deployments d
        join deployments.releases r on r.id = d.release_id
        where d.workload_id = h.workload_id and d.finished_at is null and h.label = any (r.host_labels))`;
};

/**
 * Lets go of up to `limit` labels of a workload, besides its own, that nothing that is kept answers to: those of branches
 * and deployments whose releases were all collected, and those that were given up and that nothing live answers to. Which.
 */
export const removeUnusedLabels = async (tx: Db, workloadId: WorkloadId, limit: number): Promise<string[]> => {
  const isUnused = tx`
    h.kind <> 'main' and not exists (
      select 1 from deployments.releases r
      where r.workload_id = h.workload_id and h.label = any (r.host_labels) and r.collected_at is null
        and (h.retired_at is null or r.state = 'live' or exists (
          select 1 from deployments.deployments d where d.release_id = r.id and d.finished_at is null)))`;
  // First held, then looked at anew: a release that is being made may have claimed one. Its maker is not waited for.
  const held = await tx<{ label: string }[]>`
    select h.label from deployments.host_labels h
    where h.workload_id = ${workloadId} and ${isUnused}
    order by h.created_at, h.label
    limit ${limit}
    for update skip locked`;
  const removed = await tx<{ label: string }[]>`
    delete from deployments.host_labels h
    where h.label = any (${held.map(({ label }) => label)}::text[]) and ${isUnused}
    returning h.label`;
  return removed.map(({ label }) => label);
};

/** Of some labels those that are a workload's and not given up: an old release may name one that somebody else has by now. */
export const heldLabels = async (sql: Db, workloadId: WorkloadId, labels: readonly string[]): Promise<string[]> => {
  const held = await sql<{ label: string }[]>`
    select label from deployments.host_labels
    where workload_id = ${workloadId} and label = any (${labels as string[]}::text[]) and retired_at is null`;
  const set = new Set(held.map(({ label }) => label));
  return labels.filter((label) => set.has(label));
};
