import type { Db } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import type { Digest } from "../digest.ts";
import type { Reference, RepositoryId } from "../repository.ts";

/** A manifest as it is stored. `contentSizeBytes`: of the blobs it refers to, or of the images of an index. */
export type ManifestRow = {
  digest: Digest;
  mediaType: string;
  body: Uint8Array;
  contentSizeBytes: number;
};

export const findManifest = async (
  sql: Db,
  repositoryId: RepositoryId,
  reference: Reference,
): Promise<ManifestRow | null> => {
  const digest =
    "digest" in reference
      ? sql`${reference.digest}`
      : sql`(select tags.digest from registry.tags where tags.repository_id = ${repositoryId} and tags.name = ${reference.tag})`;
  const rows = await sql<ManifestRow[]>`
    select digest, media_type as "mediaType", body, content_size_bytes as "contentSizeBytes"
    from registry.manifests
    where repository_id = ${repositoryId} and digest = ${digest}`.catch(dbError());
  return rows[0] ?? null;
};

export type NewManifest = {
  digest: Digest;
  mediaType: string;
  artifactType: string | null;
  subject: Digest | null;
  body: Uint8Array;
  blobs: readonly Digest[];
  children: readonly Digest[];
};

/** Those of the digests that are not in the repository. */
export const findMissing = async (
  sql: Db,
  repositoryId: RepositoryId,
  { blobs, children }: Pick<NewManifest, "blobs" | "children">,
): Promise<Digest[]> => {
  const rows = await sql<{ digest: Digest }[]>`
    select needed.digest
    from unnest(${[...blobs]}::text[]) as needed (digest)
    where not exists (
      select
      from registry.repository_blobs
      where repository_id = ${repositoryId} and repository_blobs.digest = needed.digest
    )
    union
    select needed.digest
    from unnest(${[...children]}::text[]) as needed (digest)
    where not exists (
      select
      from registry.manifests
      where repository_id = ${repositoryId} and manifests.digest = needed.digest
    )
    order by digest`.catch(dbError());
  return rows.map(({ digest }) => digest);
};

/** Records a manifest and what it needs. Safe to repeat. @throws {DomainError} conflict, when something it needs is gone */
export const insertManifest = async (tx: Db, repositoryId: RepositoryId, manifest: NewManifest): Promise<void> => {
  const gone = "Something that this manifest refers to was deleted at the same time.";
  const blobs = [...manifest.blobs];
  const children = [...manifest.children];
  await tx`
    insert into registry.manifests (
      repository_id, digest, media_type, artifact_type, subject_digest, body, content_size_bytes
    )
    select
      ${repositoryId}, ${manifest.digest}, ${manifest.mediaType}, ${manifest.artifactType}, ${manifest.subject}, ${manifest.body},
      coalesce((select sum(size_bytes) from registry.blobs where digest = any(${blobs}::text[])), 0)
        + coalesce(
          (
            select sum(content_size_bytes)
            from registry.manifests
            where repository_id = ${repositoryId} and digest = any(${children}::text[])
          ),
          0
        )
    on conflict (repository_id, digest) do update set media_type = excluded.media_type, pushed_at = now()`.catch(
    dbError(),
  );
  await tx`
    insert into registry.manifest_blobs (repository_id, manifest_digest, blob_digest)
    select ${repositoryId}, ${manifest.digest}, digest
    from unnest(${blobs}::text[]) as needed (digest)
    on conflict do nothing`.catch(dbError({ manifest_blobs_blob_fkey: gone }));
  await tx`
    insert into registry.manifest_children (repository_id, manifest_digest, child_digest)
    select ${repositoryId}, ${manifest.digest}, digest
    from unnest(${children}::text[]) as needed (digest)
    on conflict do nothing`.catch(dbError({ manifest_children_child_fkey: gone }));
  await tx`
    update registry.repositories
    set pushed_at = now()
    where id = ${repositoryId}`.catch(dbError());
};

/** Removes a manifest and its tags; false when there is none. @throws {DomainError} conflict, while something needs it */
export const deleteManifest = async (sql: Db, repositoryId: RepositoryId, digest: Digest): Promise<boolean> => {
  const rows = await sql`
    delete from registry.manifests
    where repository_id = ${repositoryId} and digest = ${digest}
    returning digest`.catch(
    dbError({
      manifest_children_child_fkey: "An index of this repository refers to this manifest.",
      pins_manifest_fkey: "A release uses this image.",
    }),
  );
  return rows.length > 0;
};
