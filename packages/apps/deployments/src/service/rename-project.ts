import { DomainError } from "@homeport/kit/errors.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import type { Project } from "../project.ts";
import { findProject } from "../store/projects.ts";
import { type ApplyContext, applyAtOnce } from "./apply-at-once.ts";
import type { Caller } from "./caller.ts";

/** Addresses of services stay as they are. @throws {DomainError} conflict, when the name is taken */
export const createRenameProject =
  (context: ApplyContext) =>
  async (scope: Scope, project: Project, slug: string, caller: Caller): Promise<Project> => {
    await applyAtOnce(context, project.id, () => [{ op: "project.update", slug }], { caller, deploy: "none" });
    const renamed = await findProject(context.sql, scope, project.id);
    if (renamed === null) throw new DomainError("not_found", "There is no such project.");
    return renamed;
  };

export type RenameProject = ReturnType<typeof createRenameProject>;
