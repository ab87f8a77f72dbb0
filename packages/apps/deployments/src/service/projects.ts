import { audit } from "@homeport/kit/audit/audit.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import type { Actor } from "../actor.ts";
import { PRODUCTION } from "../environment.ts";
import type { Project } from "../project.ts";
import { insertEnvironment } from "../store/environments.ts";
import { insertProject, lockProject, removeProject } from "../store/projects.ts";
import { listSecretGroups } from "../store/secret-groups.ts";
import { listAllServices } from "../store/services.ts";
import { emitProject } from "./events.ts";

export const createProjects = (sql: Sql) => ({
  /** Makes a project with its production environment. @throws {DomainError} conflict */
  async create(scope: Scope, slug: string, actor: Actor): Promise<Project> {
    return sql.begin(async (tx) => {
      const project = await insertProject(tx, scope, slug);
      const { id, slug: name } = await insertEnvironment(tx, project, { slug: PRODUCTION, branchPattern: null });
      await emitProject(tx, "created", project, { environments: [{ id, slug: name }] }, actor);
      await audit(tx, { ...entryOf("project:create", project), after: { slug } });
      return project;
    });
  },

  /** @throws {DomainError} conflict, while the project has services or secret groups */
  async remove(scope: Scope, project: Project, actor: Actor): Promise<void> {
    await sql.begin(async (tx) => {
      await lockProject(tx, scope, project.id); // a service that is being made is waited for, and then counts
      const services = await listAllServices(tx, project.id);
      if (services.length > 0) throw new DomainError("conflict", "Remove the project's services first.");
      const groups = await listSecretGroups(tx, project, "", 1);
      if (groups.length > 0) throw new DomainError("conflict", "Remove the project's secret groups first.");
      await removeProject(tx, scope, project.id);
      await emitProject(tx, "removed", project, {}, actor);
      await audit(tx, { ...entryOf("project:remove", project), before: { slug: project.slug } });
    });
  },
});

export type Projects = ReturnType<typeof createProjects>;

const entryOf = (action: string, { id, organisationId, slug }: Project) => ({
  app: "deployments",
  action,
  organisationId,
  projectId: id,
  subject: { kind: "project", id, name: slug },
});
