import type { Db } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import { newId, type OrganisationId } from "@homeport/kit/ids.ts";
import type { Repository, RepositoryId } from "../repository.ts";

export const findRepository = async (sql: Db, name: string): Promise<Repository | null> => {
  const rows = await sql<Repository[]>`
    select id, organisation_id as "organisationId", name
    from registry.repositories
    where name = ${name}`.catch(dbError());
  return rows[0] ?? null;
};

/** Makes the repository unless it exists; what exists may be another organisation's. Safe to call at once. */
export const ensureRepository = async (sql: Db, name: string, organisationId: OrganisationId): Promise<Repository> => {
  const rows = await sql<Repository[]>`
    insert into registry.repositories (id, organisation_id, name)
    values (${newId<RepositoryId>()}, ${organisationId}, ${name})
    on conflict on constraint repositories_name_key do update set name = excluded.name -- so that the row comes back
    returning id, organisation_id as "organisationId", name`.catch(dbError());
  return rows[0] as Repository;
};

export type RepositorySummary = { name: string; tagCount: number; sizeBytes: number; createdAt: Date; pushedAt: Date };

/** By name, from behind `after`. One whose first push was never finished is not shown. */
export const listRepositories = (
  sql: Db,
  organisationId: OrganisationId,
  after: string,
  limit: number,
): Promise<RepositorySummary[]> =>
  sql<RepositorySummary[]>`
    select
      repositories.name,
      (select count(*) from registry.tags where tags.repository_id = repositories.id) as "tagCount",
      (
        select coalesce(sum(blobs.size_bytes), 0)::bigint
        from registry.repository_blobs
        join registry.blobs using (digest)
        where repository_blobs.repository_id = repositories.id
      ) as "sizeBytes",
      repositories.created_at as "createdAt",
      repositories.pushed_at as "pushedAt"
    from registry.repositories
    where
      organisation_id = ${organisationId}
      and name > ${after}
      and exists (select from registry.manifests where manifests.repository_id = repositories.id)
    order by name
    limit ${limit}`.catch(dbError());
