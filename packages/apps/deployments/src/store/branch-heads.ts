import type { Db } from "@homeport/kit/db/connect.ts";
import type { OrganisationId, ProjectId } from "@homeport/kit/ids.ts";
import type { BranchHead } from "../branch-head.ts";

/** A repository as one project knows it. */
export type RepositoryPlace = { organisationId: OrganisationId; projectId: ProjectId; repository: string };

/**
 * Where a branch was last seen; from here on, whoever takes a push to it waits for the end of this transaction, also when
 * it was never seen.
 */
export const lockHead = async (tx: Db, place: RepositoryPlace, branch: string): Promise<BranchHead | null> => {
  const { projectId, repository } = place;
  await tx`select pg_advisory_xact_lock(hashtextextended(${`deployments.branch ${projectId} ${repository} ${branch}`}, 0))`;
  const [head] = await tx<BranchHead[]>`
    select commit, earlier from deployments.branch_heads
    where project_id = ${projectId} and repository = ${repository} and branch = ${branch}`;
  return head ?? null;
};

export const writeHead = async (tx: Db, place: RepositoryPlace, branch: string, head: BranchHead): Promise<void> => {
  await tx`
    insert into deployments.branch_heads (project_id, repository, branch, organisation_id, commit, earlier)
    values (${place.projectId}, ${place.repository}, ${branch}, ${place.organisationId}, ${head.commit},
      ${head.earlier as string[]}::text[])
    on conflict (project_id, repository, branch) do update set
      commit = excluded.commit, earlier = excluded.earlier, seen_at = now()`;
};

export const deleteHead = async (tx: Db, { projectId, repository }: RepositoryPlace, branch: string): Promise<void> => {
  await tx`
    delete from deployments.branch_heads
    where project_id = ${projectId} and repository = ${repository} and branch = ${branch}`;
};

/** All branches of a repository as they were last seen, by name. */
export const listHeads = async (sql: Db, { projectId, repository }: RepositoryPlace): Promise<Map<string, string>> => {
  const rows = await sql<{ branch: string; commit: string }[]>`
    select branch, commit from deployments.branch_heads
    where project_id = ${projectId} and repository = ${repository}
    order by branch`;
  return new Map(rows.map(({ branch, commit }) => [branch, commit]));
};
