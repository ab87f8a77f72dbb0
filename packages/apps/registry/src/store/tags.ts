import type { Db } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import type { Digest } from "../digest.ts";
import type { RepositoryId } from "../repository.ts";

/** Points a tag at a manifest of the repository. */
export const putTag = async (sql: Db, repositoryId: RepositoryId, name: string, digest: Digest): Promise<void> => {
  await sql`
    insert into registry.tags (repository_id, name, digest)
    values (${repositoryId}, ${name}, ${digest})
    on conflict (repository_id, name) do update set digest = excluded.digest, pushed_at = now()`.catch(dbError());
};

/** False when there is none. */
export const deleteTag = async (sql: Db, repositoryId: RepositoryId, name: string): Promise<boolean> => {
  const rows = await sql`
    delete from registry.tags
    where repository_id = ${repositoryId} and name = ${name}
    returning name`.catch(dbError());
  return rows.length > 0;
};

export type TagRow = { name: string; digest: Digest; mediaType: string; sizeBytes: number; pushedAt: Date };

/** By name in ASCII order, from behind `after`. */
export const listTags = (sql: Db, repositoryId: RepositoryId, after: string, limit: number): Promise<TagRow[]> =>
  sql<TagRow[]>`
    select
      tags.name,
      tags.digest,
      manifests.media_type as "mediaType",
      manifests.content_size_bytes as "sizeBytes",
      tags.pushed_at as "pushedAt"
    from registry.tags
    join registry.manifests using (repository_id, digest)
    where tags.repository_id = ${repositoryId} and tags.name > ${after}
    order by tags.name
    limit ${limit}`.catch(dbError());

/** The tags that point at a manifest, at most 100. */
export const listTagsOf = async (sql: Db, repositoryId: RepositoryId, digest: Digest): Promise<string[]> => {
  const rows = await sql<{ name: string }[]>`
    select name
    from registry.tags
    where repository_id = ${repositoryId} and digest = ${digest}
    order by name
    limit 100`.catch(dbError());
  return rows.map(({ name }) => name);
};
