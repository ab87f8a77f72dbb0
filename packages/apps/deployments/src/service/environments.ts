import { audit } from "@homeport/kit/audit/audit.ts";
import type { Resource } from "@homeport/kit/authorize.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { Actor } from "../actor.ts";
import type { Environment } from "../environment.ts";
import type { Project } from "../project.ts";
import { listEnvironments, protectEnvironment } from "../store/environments.ts";

/** Of an environment, whether somebody sees what is in it. */
export type MaySee = (environment: Environment) => boolean;

export const environmentResource = ({ id, organisationId, projectId, isProtected }: Environment): Resource => ({
  kind: "environment",
  organisationId,
  projectId,
  environmentId: id,
  isProtected,
});

export const createEnvironments = (sql: Sql) => ({
  async list(project: Project, maySee: MaySee): Promise<Environment[]> {
    return (await listEnvironments(sql, project)).filter(maySee);
  },

  /** Protects an environment or no longer; what is under way in it goes on. */
  async protect(environment: Environment, isProtected: boolean, actor: Actor): Promise<Environment> {
    const { id, organisationId, projectId, slug } = environment;
    await sql.begin(async (tx) => {
      if (!(await protectEnvironment(tx, environment, isProtected))) return;
      await emit(tx, {
        type: "deployments.environment.changed",
        source: "deployments",
        organisationId,
        projectId,
        subject: id,
        data: { slug, protected: isProtected },
        actor,
      });
      await audit(tx, {
        app: "deployments",
        action: "environment:protect",
        organisationId,
        projectId,
        subject: { kind: "environment", id, name: slug },
        before: { protected: !isProtected },
        after: { protected: isProtected },
      });
    });
    return { ...environment, isProtected };
  },
});

export type Environments = ReturnType<typeof createEnvironments>;
