import { audit } from "@homeport/kit/audit/audit.ts";
import { changes } from "@homeport/kit/audit/changes.ts";
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
import { findEnvironment } from "../store/environments.ts";
import { type Configuration, findService, insertService, removeService, updateService } from "../store/services.ts";
import { lockWorkload } from "../store/workloads.ts";
import { serviceEntry } from "./audit-entry.ts";
import { emitService } from "./events.ts";

/** Services: small rows, and what has to be stopped before they go. */
export const createServices = (sql: Sql, outside: Pick<Outside, "builds" | "rollouts" | "images">) => ({
  /** @throws {DomainError} conflict; not_found, when the project is gone by now */
  async create(scope: Scope, project: Project, wanted: NewService, actor: Actor): Promise<Service> {
    return sql.begin(async (tx) => {
      const environment = await findEnvironment(tx, project, PRODUCTION);
      if (environment === null) throw new DomainError("not_found", "There is no such project.");
      const { id } = await insertService(tx, scope, project, environment.id, wanted);
      const service = await findService(tx, scope, project.id, id);
      invariant(service !== null, "a service that was just made is there");
      await emitService(tx, "created", service, actor);
      await audit(tx, { ...serviceEntry("service:create", service), after: fieldsOf(service) });
      return service;
    });
  },

  /** Changes what the next deployment does; what is live stays as it is, and so does what is not named. */
  async update(
    scope: Scope,
    service: Service,
    changed: { source?: Source; settings?: Settings },
    actor: Actor,
  ): Promise<Service> {
    await sql.begin(async (tx) => {
      const states = await updateService(tx, scope, service.id, changed);
      if (states === null) return;
      await emitService(tx, "updated", service, actor);
      await audit(tx, {
        ...serviceEntry("service:update", service),
        ...changes(fieldsOf(states.before), fieldsOf(states.after)),
      });
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
      await emitService(tx, "removed", service, actor);
      await audit(tx, { ...serviceEntry("service:remove", service), before: fieldsOf(service) });
    });
  },
});

export type Services = ReturnType<typeof createServices>;

/** What is told of a service in the audit log, setting by setting. */
const fieldsOf = ({ source, settings }: Configuration): Record<string, unknown> => ({ source, ...settings });
