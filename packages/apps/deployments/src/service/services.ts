import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError, invariant } from "@homeport/kit/errors.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import type { Outside } from "../ports.ts";
import type { Settings } from "../settings.ts";
import type { Source } from "../source.ts";
import { listUnfinished } from "../store/deployments.ts";
import {
  findEnvironmentId,
  insertProject,
  listProjects,
  PRODUCTION,
  type Project,
  removeProject,
} from "../store/projects.ts";
import {
  findService,
  insertService,
  listServices,
  type NewService,
  removeService,
  type Service,
  updateService,
} from "../store/services.ts";

/** Projects and services: small rows, and what has to be stopped before they go. */
export const createServices = (sql: Sql, outside: Pick<Outside, "builds" | "rollouts">) => {
  const remove = async (scope: Scope, service: Service): Promise<void> => {
    for (const deployment of await listUnfinished(sql, service.workloadId)) {
      if (deployment.jobId !== null) await outside.builds.cancel(deployment.jobId);
    }
    // First what runs, then the rows: interrupted in between, the removal can be asked for again.
    await outside.rollouts.remove(service.workloadId);
    await sql.begin(async (tx) => {
      await removeService(tx, scope, service);
      await emitChange(tx, "deployments.service.removed", scope, service.projectId, service.id, service.slug);
    });
  };

  return {
    async createProject(scope: Scope, slug: string): Promise<Project> {
      return sql.begin(async (tx) => {
        const project = await insertProject(tx, scope, slug);
        await emitChange(tx, "deployments.project.created", scope, project.id, project.id, slug);
        return project;
      });
    },

    listProjects: (scope: Scope, after: string, limit: number) => listProjects(sql, scope, after, limit),

    /** @throws {DomainError} conflict, while the project has services */
    async removeProject(scope: Scope, project: Project): Promise<void> {
      const services = await listServices(sql, scope, project.id, "", 1);
      if (services.length > 0) throw new DomainError("conflict", "Remove the project's services first.");
      await sql.begin(async (tx) => {
        await removeProject(tx, scope, project.id);
        await emitChange(tx, "deployments.project.removed", scope, project.id, project.id, project.slug);
      });
    },

    async createService(scope: Scope, project: Project, wanted: NewService): Promise<Service> {
      const id = await sql.begin(async (tx) => {
        const environmentId = await findEnvironmentId(tx, project.id, PRODUCTION);
        invariant(environmentId !== null, "every project has a production environment");
        const made = await insertService(tx, scope, project, environmentId, wanted);
        await emitChange(tx, "deployments.service.created", scope, project.id, made.id, wanted.slug);
        return made.id;
      });
      const service = await findService(sql, scope, project.id, id);
      invariant(service !== null, "a service that was just made is there");
      return service;
    },

    /** Changes what the next deployment does; what is live stays as it is. */
    async updateService(
      scope: Scope,
      service: Service,
      changed: { source: Source; settings: Settings },
    ): Promise<Service> {
      await sql.begin(async (tx) => {
        await updateService(tx, scope, service.id, changed);
        await emitChange(tx, "deployments.service.updated", scope, service.projectId, service.id, service.slug);
      });
      return { ...service, ...changed };
    },

    removeService: remove,
  };
};

export type Services = ReturnType<typeof createServices>;

const emitChange = (tx: Tx, type: string, scope: Scope, projectId: string, subject: string, slug: string) =>
  emit(tx, { type, source: "deployments", organisationId: scope.organisationId, projectId, subject, data: { slug } });
