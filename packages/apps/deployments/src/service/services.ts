import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError, invariant } from "@homeport/kit/errors.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import type { DeploymentId } from "@homeport/kit/ids.ts";
import type { Actor } from "../actor.ts";
import { pinKeyOf } from "../deployment.ts";
import type { Outside } from "../ports.ts";
import { PRODUCTION, type Project } from "../project.ts";
import type { NewService, Service } from "../service.ts";
import type { Settings } from "../settings.ts";
import type { Source } from "../source.ts";
import { listUnfinished, listWithImage } from "../store/deployments.ts";
import { findEnvironmentId } from "../store/projects.ts";
import { findService, insertService, removeService, updateService } from "../store/services.ts";
import { lockWorkload } from "../store/workloads.ts";
import { emitChange } from "./events.ts";

/** Services: small rows, and what has to be stopped before they go. */
export const createServices = (sql: Sql, outside: Pick<Outside, "builds" | "rollouts" | "images">) => ({
  /** @throws {DomainError} conflict; not_found, when the project is gone by now */
  async create(scope: Scope, project: Project, wanted: NewService, actor: Actor): Promise<Service> {
    const id = await sql.begin(async (tx) => {
      const environmentId = await findEnvironmentId(tx, project.id, PRODUCTION);
      if (environmentId === null) throw new DomainError("not_found", "There is no such project.");
      const made = await insertService(tx, scope, project, environmentId, wanted);
      await emitChange(tx, "service.created", scope, project.id, made.id, wanted.slug, actor);
      return made.id;
    });
    const service = await findService(sql, scope, project.id, id);
    invariant(service !== null, "a service that was just made is there");
    return service;
  },

  /** Changes what the next deployment does; what is live stays as it is, and so does what is not named. */
  async update(
    scope: Scope,
    service: Service,
    changed: { source?: Source; settings?: Settings },
    actor: Actor,
  ): Promise<Service> {
    await sql.begin(async (tx) => {
      await updateService(tx, scope, service.id, changed);
      await emitChange(tx, "service.updated", scope, service.projectId, service.id, service.slug, actor);
    });
    const updated = await findService(sql, scope, service.projectId, service.id);
    if (updated === null) throw new DomainError("not_found", "There is no such service.");
    return updated;
  },

  /** Stops what runs, then forgets it. Interrupted anywhere in between, it can be asked for again. */
  async remove(scope: Scope, service: Service, actor: Actor): Promise<void> {
    const { workloadId } = service;
    for (const { id, organisationId } of await listUnfinished(sql, workloadId)) {
      await outside.builds.cancel(id, organisationId);
    }
    await outside.rollouts.remove(workloadId);
    const unpinned = new Set<DeploymentId>();
    // One after the other: a service has as many as it was deployed times, and the registry has other work.
    const unpinAll = async (deployments: { id: DeploymentId }[]): Promise<void> => {
      for (const { id } of deployments) {
        if (!unpinned.has(id)) await outside.images.unpin(pinKeyOf(id));
        unpinned.add(id);
      }
    };
    await unpinAll((await listWithImage(sql, workloadId)).filter(({ isOver }) => isOver));
    await sql.begin(async (tx) => {
      await lockWorkload(tx, workloadId);
      // A step may have made a release until now; from here on it finds that its deployment is gone. The registry is called
      // inside the transaction, for the one or two that were not over, so that a failure leaves a service to remove again.
      await unpinAll(await listWithImage(tx, workloadId));
      await removeService(tx, scope, service);
      await emitChange(tx, "service.removed", scope, service.projectId, service.id, service.slug, actor);
    });
  },
});

export type Services = ReturnType<typeof createServices>;
