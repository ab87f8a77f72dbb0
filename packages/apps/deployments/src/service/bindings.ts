import type { Change } from "../change.ts";
import type { Service } from "../service.ts";
import { type Binding, bind, bindingsOf, unbind, type Where } from "../state/bindings.ts";
import { getEnvironment, getService, type ProjectState } from "../state/project-state.ts";
import { type ApplyContext, applyAtOnce } from "./apply-at-once.ts";
import type { Caller } from "./caller.ts";
import { inOneMoment, loadProject } from "./load-state.ts";
import type { Changed } from "./variables.ts";

/** The database by its id or slug, and the environment that alone is meant; null for all of them. */
export type BindRequest = { to: string; environment: string | undefined; apply: boolean };

/** Bindings of services to the databases of their project: variables that refer to these, set and unset together. */
export const createBindings = (context: ApplyContext) => {
  const change = async (
    service: Service,
    { to, environment, apply }: BindRequest,
    caller: Caller,
    toChanges: (state: ProjectState, database: ReturnType<typeof getService>, where: Where) => Change[],
  ): Promise<Changed & { to: string }> => {
    const names = new Set<string>();
    let slug = to;
    const made = (state: ProjectState): Change[] => {
      const database = getService(state, to);
      slug = database.slug;
      const changes = toChanges(state, database, environment === undefined ? null : getEnvironment(state, environment));
      for (const each of changes) if ("name" in each) names.add(each.name);
      return changes;
    };
    const options = { caller, deploy: apply ? "affected" : "none" } as const;
    const { deployments, problems } = await applyAtOnce(context, service.projectId, made, options);
    return { to: slug, names: [...names].sort(), deployments, problems };
  };

  return {
    async list(service: Service): Promise<Binding[]> {
      const { state } = await inOneMoment(context.sql, (tx) => loadProject(tx, context.keys, service.projectId));
      return bindingsOf(state, service.workloadId);
    },

    /** Gives the names that were set. @throws {DomainError} not_found; invalid; conflict, for names that are taken */
    create: (service: Service, request: BindRequest & { prefix: string }, caller: Caller) =>
      change(service, request, caller, (state, database, where) =>
        bind(state, getService(state, service.id), database, request.prefix, where),
      ),

    /** Gives the names that were unset. @throws {DomainError} not_found; conflict, when it is not bound */
    remove: (service: Service, request: BindRequest, caller: Caller) =>
      change(service, request, caller, (state, database, where) =>
        unbind(state, getService(state, service.id), database, where),
      ),
  };
};

export type Bindings = ReturnType<typeof createBindings>;
