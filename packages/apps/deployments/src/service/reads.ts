import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import { type DeploymentId, isId } from "@homeport/kit/ids.ts";
import { cutPage, type Paged } from "@homeport/kit/paging.ts";
import type { Deployment } from "../deployment.ts";
import type { ListedProject, Project } from "../project.ts";
import type { Release } from "../release.ts";
import type { Service } from "../service.ts";
import { listDeployments, listLatest } from "../store/deployments.ts";
import { listEnvironments } from "../store/environments.ts";
import { listProjects } from "../store/projects.ts";
import { listReleases } from "../store/releases.ts";
import { findService, listServices } from "../store/services.ts";
import type { MaySee } from "./environments.ts";

/** A place in a list, as its page before told it, and how many rows are wanted. */
export type Page = { cursor?: string | undefined; limit: number };

/** A service with its newest deployment. */
export type ServiceOverview = { service: Service; latest: Deployment | null };

/** Everything that is only looked at. */
export const createReads = (sql: Sql) => {
  const overviews = async (services: Service[]): Promise<ServiceOverview[]> => {
    const latest = await listLatest(
      sql,
      services.map((service) => service.workloadId),
    );
    const byWorkload = new Map(latest.map((deployment) => [deployment.workloadId, deployment]));
    return services.map((service) => ({ service, latest: byWorkload.get(service.workloadId) ?? null }));
  };

  return {
    /** By name. */
    async listProjects(scope: Scope, { cursor, limit }: Page): Promise<Paged<ListedProject>> {
      const found = await listProjects(sql, scope, cursor ?? "", limit + 1);
      return cutPage(found, limit, (project) => project.slug);
    },

    /** By name, in one environment: the first that may be seen, unless it is named. @throws {DomainError} not_found */
    async listServices(
      scope: Scope,
      project: Project,
      maySee: MaySee,
      { cursor, limit, environment: wanted }: Page & { environment?: string | undefined },
    ): Promise<Paged<ServiceOverview>> {
      const seen = (await listEnvironments(sql, project)).filter(maySee);
      const environment = seen.find(({ id, slug }) => wanted === undefined || id === wanted || slug === wanted);
      if (wanted !== undefined && environment === undefined)
        throw new DomainError("not_found", "There is no such environment.");
      if (environment === undefined) return { items: [], nextCursor: null };
      const found = await listServices(sql, scope, project.id, environment.id, cursor ?? "", limit + 1);
      const { items, nextCursor } = cutPage(found, limit, (service) => service.slug);
      return { items: await overviews(items), nextCursor };
    },

    /** The same service in another environment; null where there is none. */
    findIn(scope: Scope, service: Service, environment: string): Promise<Service | null> {
      return findService(sql, scope, service.projectId, service.id, environment);
    },

    async overviewOf(service: Service): Promise<ServiceOverview> {
      const [overview] = await overviews([service]);
      return overview ?? { service, latest: null };
    },

    /** Newest first. @throws {DomainError} invalid, for a cursor that no page gave */
    async listDeployments({ workloadId }: Service, { cursor, limit }: Page): Promise<Paged<Deployment>> {
      if (cursor !== undefined && !isId(cursor)) throw foreignCursor();
      const before = cursor === undefined ? null : (cursor as DeploymentId);
      const found = await listDeployments(sql, workloadId, before, limit + 1);
      return cutPage(found, limit, (deployment) => deployment.id);
    },

    /** Newest first. @throws {DomainError} invalid, for a cursor that no page gave */
    async listReleases({ workloadId }: Service, { cursor, limit }: Page): Promise<Paged<Release>> {
      if (cursor !== undefined && !/^\d{1,9}$/.test(cursor)) throw foreignCursor();
      const found = await listReleases(sql, workloadId, cursor === undefined ? null : Number(cursor), limit + 1);
      return cutPage(found, limit, (release) => String(release.number));
    },
  };
};

export type Reads = ReturnType<typeof createReads>;

const foreignCursor = () => new DomainError("invalid", "cursor: take it from nextCursor of the page before.");
