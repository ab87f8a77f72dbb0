import type { Handlers } from "@homeport/kit/http/api.ts";
import { memberScope, type ResourceLoader } from "@homeport/kit/http/context.ts";
import type { OrganisationId } from "@homeport/kit/ids.ts";
import type { contract, ManifestPartWire, RepositoryWire, TagWire } from "../contract.ts";
import type { Part } from "../image-manifest.ts";
import { type RepositoryResource, repositoryOf } from "../repository-resource.ts";
import type { Catalog, RepositorySummary, TagRow } from "../service/catalog.ts";

export const repositoryLoader =
  (catalog: Catalog): ResourceLoader =>
  async (scope, { repository: name }) => {
    if (scope === null || typeof name !== "string") return null;
    const repository = await catalog.find(scope.organisationId, name);
    if (repository === null) return null;
    return { kind: "repository", organisationId: repository.organisationId, repository } satisfies RepositoryResource;
  };

export const catalogHandlers = (catalog: Catalog): Handlers<typeof contract> => ({
  repositories: {
    async list(context, { cursor = "", limit }) {
      const page = await catalog.repositories(memberScope(context).organisationId, cursor, limit);
      return { ...page, items: page.items.map(toRepositoryWire) };
    },
  },
  tags: {
    async list({ resource }, { cursor = "", limit }) {
      const page = await catalog.tags(repositoryOf(resource), cursor, limit);
      return { ...page, items: page.items.map(toTagWire) };
    },
  },
  manifests: {
    async get({ resource }, { reference }) {
      const { parts, ...manifest } = await catalog.manifest(repositoryOf(resource), reference);
      return { ...manifest, parts: parts.map(toPartWire) };
    },
    resolve: (_context, { organisationId, reference }) => catalog.resolve(organisationId as OrganisationId, reference),
  },
  pins: {
    async put(_context, { key, organisationId, repository, digest }) {
      await catalog.pin(key, organisationId as OrganisationId, repository, digest);
      return { repository, digest };
    },
    remove: async (_context, { key }) => ({ removed: await catalog.unpin(key) }),
  },
});

const toRepositoryWire = ({ createdAt, pushedAt, ...rest }: RepositorySummary): RepositoryWire => ({
  ...rest,
  createdAt: createdAt.toISOString(),
  pushedAt: pushedAt.toISOString(),
});

const toTagWire = ({ pushedAt, ...rest }: TagRow): TagWire => ({ ...rest, pushedAt: pushedAt.toISOString() });

const toPartWire = ({ kind, digest, mediaType, size, platform }: Part): ManifestPartWire => ({
  kind,
  digest,
  mediaType,
  sizeBytes: size,
  platform: platform === undefined ? null : `${platform.os}/${platform.architecture}`,
});
