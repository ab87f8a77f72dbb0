import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError, invariant } from "@homeport/kit/errors.ts";
import type { OrganisationId } from "@homeport/kit/ids.ts";
import { type Digest, parseDigest } from "../digest.ts";
import { type Part, parseImageManifest } from "../image-manifest.ts";
import {
  isRepositoryName,
  parseImageReference,
  parseReference,
  type Reference,
  type Repository,
} from "../repository.ts";
import { findManifest, type ManifestRow } from "../store/manifests.ts";
import { deletePin, putPin } from "../store/pins.ts";
import { findRepository, listRepositories, type RepositorySummary } from "../store/repositories.ts";
import { listTags, listTagsOf, type TagRow } from "../store/tags.ts";

export type { RepositorySummary } from "../store/repositories.ts";
export type { TagRow } from "../store/tags.ts";

export type ListPage<T> = { items: T[]; nextCursor: string | null };
export type FoundManifest = { repository: string; digest: Digest; mediaType: string; sizeBytes: number };

/** What members and other apps may ask of the registry: an organisation's own repositories, never those of others. */
export type Catalog = {
  repositories(organisationId: OrganisationId, cursor: string, limit: number): Promise<ListPage<RepositorySummary>>;
  find(organisationId: OrganisationId, name: string): Promise<Repository | null>;
  tags(repository: Repository, cursor: string, limit: number): Promise<ListPage<TagRow>>;
  /** @throws {DomainError} not_found, invalid */
  manifest(repository: Repository, reference: string): Promise<FoundManifest & { tags: string[]; parts: Part[] }>;
  /** From `home/shop/api:1.2` to a digest. @throws {DomainError} not_found, invalid */
  resolve(organisationId: OrganisationId, reference: string): Promise<FoundManifest>;
  /** Keeps a manifest until the pin is removed. Both are safe to repeat. @throws {DomainError} not_found */
  pin(key: string, organisationId: OrganisationId, name: string, digest: string): Promise<void>;
  unpin(key: string): Promise<boolean>;
};

export const createCatalog = (sql: Sql): Catalog => {
  const find = async (organisationId: OrganisationId, name: string): Promise<Repository | null> => {
    const repository = isRepositoryName(name) ? await findRepository(sql, name) : null;
    return repository?.organisationId === organisationId ? repository : null;
  };
  const findIn = async (organisationId: OrganisationId, name: string, reference: Reference) => {
    const repository = await find(organisationId, name);
    const manifest = repository === null ? null : await findManifest(sql, repository.id, reference);
    return repository === null || manifest === null ? null : { repository, manifest };
  };
  return {
    async repositories(organisationId, cursor, limit) {
      return pageOf(await listRepositories(sql, organisationId, cursor, limit + 1), limit);
    },
    find,
    async tags(repository, cursor, limit) {
      return pageOf(await listTags(sql, repository.id, cursor, limit + 1), limit);
    },
    async manifest(repository, text) {
      const reference = parseReference(text);
      if (reference === null) throw new DomainError("invalid", "reference: must be a tag or a digest.");
      const manifest = await findManifest(sql, repository.id, reference);
      if (manifest === null) throw new DomainError("not_found", `There is no image ${text} in ${repository.name}.`);
      const parsed = parseImageManifest(manifest.body, manifest.mediaType);
      invariant("manifest" in parsed, "it was parsed before it was stored");
      const tags = await listTagsOf(sql, repository.id, manifest.digest);
      return { ...toFound(repository, manifest), tags, parts: parsed.manifest.parts };
    },
    async resolve(organisationId, text) {
      const parsed = parseImageReference(text);
      if (parsed === null) {
        throw new DomainError("invalid", `"${text}" is no image of this registry, such as home/shop/api:1.2.`);
      }
      const found = await findIn(organisationId, parsed.name, parsed.reference);
      if (found === null) throw new DomainError("not_found", `There is no image ${text}. Push it first.`);
      return toFound(found.repository, found.manifest);
    },
    async pin(key, organisationId, name, digest) {
      const found = await findIn(organisationId, name, { digest: checked(digest) });
      if (found === null) throw new DomainError("not_found", `There is no image ${name}@${digest}.`);
      await putPin(sql, key, found.repository.id, found.manifest.digest);
    },
    unpin: (key) => deletePin(sql, key),
  };
};

const checked = (text: string): Digest => {
  const digest = parseDigest(text);
  if (digest === null) throw new DomainError("invalid", "digest: is not a digest.");
  return digest;
};

const toFound = ({ name }: Repository, { digest, mediaType, contentSizeBytes }: ManifestRow): FoundManifest => ({
  repository: name,
  digest,
  mediaType,
  sizeBytes: contentSizeBytes,
});

/** Rows are ordered by name, so the name of the last one shown is where the next page begins. */
const pageOf = <T extends { name: string }>(rows: T[], limit: number): ListPage<T> => {
  const items = rows.slice(0, limit);
  return { items, nextCursor: rows.length > limit ? (items.at(-1)?.name ?? null) : null };
};
