import { memberScope } from "@homeport/kit/http/context.ts";
import type { Page, PageContext } from "@homeport/kit/page.ts";
import { repositoryOf } from "../repository-resource.ts";
import type { Catalog } from "../service/catalog.ts";
import { nextPath, REGISTRY_PATH, repositoryPath } from "./paths.ts";
import { RepositoriesPage } from "./repositories.page.tsx";
import { RepositoryPage } from "./repository.page.tsx";

const PAGE = 50;
/** Names and tags are no longer. */
const MAX_CURSOR = 255;

export const registryPages = (catalog: Catalog): Page[] => [
  {
    path: REGISTRY_PATH,
    action: "repository:read",
    resource: "organisation",
    async render(context) {
      const { organisationId, organisationSlug } = memberScope(context);
      const { items, nextCursor } = await catalog.repositories(organisationId, cursorOf(context), PAGE);
      return {
        title: "Registry",
        body: (
          <RepositoriesPage
            repositories={items}
            host={hostOf(context)}
            organisation={organisationSlug}
            nextHref={nextPath(REGISTRY_PATH, nextCursor)}
          />
        ),
      };
    },
  },
  {
    path: `${REGISTRY_PATH}/:repository{.+}`,
    action: "repository:read",
    resource: "repository",
    async render(context) {
      const repository = repositoryOf(context.resource);
      const { items, nextCursor } = await catalog.tags(repository, cursorOf(context), PAGE);
      const nextHref = nextPath(repositoryPath(repository.name), nextCursor);
      return {
        title: repository.name,
        body: <RepositoryPage name={repository.name} tags={items} host={hostOf(context)} nextHref={nextHref} />,
      };
    },
  },
];

const hostOf = ({ origin }: PageContext): string => new URL(origin).host;

const cursorOf = ({ url }: PageContext): string => (url.searchParams.get("cursor") ?? "").slice(0, MAX_CURSOR);
