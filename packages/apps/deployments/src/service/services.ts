import { DomainError, invariant } from "@homeport/kit/errors.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import type { Change } from "../change.ts";
import type { Project } from "../project.ts";
import type { NewService, Service } from "../service.ts";
import type { SettingsPatch, WorkloadSettings } from "../settings.ts";
import type { Source } from "../source.ts";
import { consumersOf } from "../state/bindings.ts";
import type { ProjectState } from "../state/project-state.ts";
import { findService } from "../store/services.ts";
import { type ApplyContext, applyAtOnce } from "./apply-at-once.ts";
import type { Caller } from "./caller.ts";

/** What of a service is to be different; what is not named stays. */
export type ServiceChange = {
  slug?: string | undefined;
  source?: Source | undefined;
  settings?: SettingsPatch | undefined;
  /** Only in the environment of the service that is given. */
  overrides?: WorkloadSettings | undefined;
  group?: string | null | undefined;
};

/** The group by id or slug. */
export type WantedService = Omit<NewService, "groupId"> & { group?: string | null };

const NEW = "tmp_new";

/** Services: each is the same everywhere, but for what an environment overrides. What runs follows with deployments. */
export const createServices = (context: ApplyContext) => {
  const get = async (
    scope: Scope,
    project: Pick<Project, "id">,
    id: string,
    environment?: string,
  ): Promise<Service> => {
    const service = await findService(context.sql, scope, project.id, id, environment);
    if (service === null) throw new DomainError("not_found", "There is no such service.");
    return service;
  };

  return {
    /** With a workload in every environment. @throws {DomainError} conflict; not_found, when the project is gone by now */
    async create(scope: Scope, project: Project, wanted: WantedService, caller: Caller): Promise<Service> {
      const { slug, source, settings, group = null } = wanted;
      const change: Change = { op: "service.create", tempId: NEW, slug, source, settings, group, template: null };
      const { created } = await applyAtOnce(context, project.id, () => [change], { caller, deploy: "none" });
      const id = created.get(NEW);
      invariant(id !== undefined, "what was made has an id");
      return get(scope, project, id);
    },

    /** Changes what the next deployment does; what is live stays as it is, and so does what is not named. */
    async update(scope: Scope, service: Service, changed: ServiceChange, caller: Caller): Promise<Service> {
      const { overrides, ...everywhere } = changed;
      const named = Object.fromEntries(Object.entries(everywhere).filter(([, value]) => value !== undefined));
      const changes: Change[] = [];
      if (Object.keys(named).length > 0) changes.push({ op: "service.update", service: service.id, ...named });
      if (overrides !== undefined) {
        changes.push({ op: "workload.update", service: service.id, environment: service.environmentId, overrides });
      }
      if (changes.length > 0) {
        await applyAtOnce(context, service.projectId, () => changes, { caller, deploy: "none" });
      }
      return get(scope, { id: service.projectId }, service.id, service.environmentId);
    },

    /**
     * Forgets a service, in all environments; what still runs of it is taken away afterwards. With `force` also when others
     * are bound to it: their references lead nowhere then.
     *
     * @throws {DomainError} conflict, when others are bound to it
     */
    async remove(service: Service, caller: Caller, force = false): Promise<void> {
      const change: Change = { op: "service.remove", service: service.id };
      const toChanges = (state: ProjectState): Change[] => {
        if (!force) refuseBound(state, service);
        return [change];
      };
      await applyAtOnce(context, service.projectId, toChanges, { caller, deploy: "none" });
    },
  };
};

const refuseBound = (state: ProjectState, { id, slug }: Service): void => {
  const services = consumersOf(state, id);
  if (services.length === 0) return;
  const are = services.length === 1 ? "is" : "are";
  const message = `${services.join(", ")} ${are} bound to ${slug}. Unbind first, or remove it with force.`;
  throw new DomainError("conflict", message, { details: { reason: "bound", services } });
};

export type Services = ReturnType<typeof createServices>;
