import { DomainError } from "@homeport/kit/errors.ts";
import type { Change } from "../change.ts";
import type { Environment } from "../environment.ts";
import type { Project } from "../project.ts";
import { findEnvironment } from "../store/environments.ts";
import { type ApplyContext, applyAtOnce } from "./apply-at-once.ts";
import type { Caller } from "./caller.ts";

export type NewEnvironment = { slug: string; branchPattern: string | null; copyFrom?: string | undefined };
export type EnvironmentChange = {
  slug?: string | undefined;
  branchPattern?: string | null | undefined;
  position?: number | undefined;
};

const NEW = "tmp_new";

/** Environments come, change and go like everything that a project is made of. */
export const createEditEnvironments = (context: ApplyContext) => {
  const get = async (project: Pick<Project, "id" | "organisationId">, id: string): Promise<Environment> => {
    const environment = await findEnvironment(context.sql, project, id);
    if (environment === null) throw new DomainError("not_found", "There is no such environment.");
    return environment;
  };
  const apply = (project: Pick<Project, "id">, change: Change, caller: Caller) =>
    applyAtOnce(context, project.id, () => [change], { caller, deploy: "none" });

  return {
    /** With a workload of every service. @throws {DomainError} conflict; invalid, beyond MAX_ENVIRONMENTS */
    async create(
      project: Project,
      { slug, branchPattern, copyFrom }: NewEnvironment,
      caller: Caller,
    ): Promise<Environment> {
      const from = copyFrom === undefined ? {} : { copyFrom };
      const change: Change = { op: "environment.create", tempId: NEW, slug, branchPattern, ...from };
      const { created } = await apply(project, change, caller);
      return get(project, created.get(NEW) ?? "");
    },

    /** What is not named stays. @throws {DomainError} conflict */
    async update(environment: Environment, changed: EnvironmentChange, caller: Caller): Promise<Environment> {
      const project = { id: environment.projectId, organisationId: environment.organisationId };
      const named = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined));
      if (Object.keys(named).length > 0) {
        await apply(project, { op: "environment.update", environment: environment.id, ...named }, caller);
      }
      return get(project, environment.id);
    },

    /** With everything that runs in it. @throws {DomainError} conflict, for production */
    async remove(environment: Environment, caller: Caller): Promise<void> {
      await apply({ id: environment.projectId }, { op: "environment.remove", environment: environment.id }, caller);
    },
  };
};

export type EditEnvironments = ReturnType<typeof createEditEnvironments>;
