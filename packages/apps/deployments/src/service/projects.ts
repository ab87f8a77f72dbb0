import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import type { Actor } from "../actor.ts";
import type { Project } from "../project.ts";
import { insertProject, lockProject, removeProject } from "../store/projects.ts";
import { listServices } from "../store/services.ts";
import { emitChange } from "./events.ts";

export const createProjects = (sql: Sql) => ({
  /** @throws {DomainError} conflict */
  async create(scope: Scope, slug: string, actor: Actor): Promise<Project> {
    return sql.begin(async (tx) => {
      const project = await insertProject(tx, scope, slug);
      await emitChange(tx, "project.created", scope, project.id, project.id, slug, actor);
      return project;
    });
  },

  /** @throws {DomainError} conflict, while the project has services */
  async remove(scope: Scope, project: Project, actor: Actor): Promise<void> {
    await sql.begin(async (tx) => {
      await lockProject(tx, scope, project.id); // a service that is being made is waited for, and then counts
      const services = await listServices(tx, scope, project.id, "", 1);
      if (services.length > 0) throw new DomainError("conflict", "Remove the project's services first.");
      await removeProject(tx, scope, project.id);
      await emitChange(tx, "project.removed", scope, project.id, project.id, project.slug, actor);
    });
  },
});

export type Projects = ReturnType<typeof createProjects>;
