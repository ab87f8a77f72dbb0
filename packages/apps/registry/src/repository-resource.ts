import type { Resource } from "@homeport/kit/authorize.ts";
import { invariant } from "@homeport/kit/errors.ts";
import type { Repository } from "./repository.ts";

/** A repository as what a route or a page acts on, loaded in the scope of the caller. */
export type RepositoryResource = Resource & { kind: "repository"; repository: Repository };

export const repositoryOf = (resource: Resource): Repository => {
  invariant(resource.kind === "repository", "the route names this resource");
  return (resource as RepositoryResource).repository;
};
