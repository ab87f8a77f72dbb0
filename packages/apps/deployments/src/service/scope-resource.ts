import type { Resource } from "@homeport/kit/authorize.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import type { ResourceLoaders, Scope } from "@homeport/kit/http/context.ts";
import type { ScopeName } from "../change.ts";
import type { Environment } from "../environment.ts";
import type { Group } from "../group.ts";
import type { Project } from "../project.ts";
import type { VariableScope } from "../scope.ts";
import { findEnvironment, listEnvironments } from "../store/environments.ts";
import { findGroup } from "../store/groups.ts";
import { findProject } from "../store/projects.ts";
import { findService } from "../store/services.ts";
import { environmentResource } from "./environments.ts";

export type ScopeResource = Resource & {
  kind: "variable-scope";
  project: Project;
  scope: ScopeName;
  place: VariableScope;
};
export type GroupResource = Resource & { kind: "group"; project: Project; group: Group };

/** Finds the scopes of variables, and groups of services, that a path or a query names. */
export const scopeLoaders = (sql: Sql) => {
  const projectOf = (scope: Scope | null, { project }: Record<string, unknown>): Promise<Project | null> =>
    scope === null || typeof project !== "string" ? Promise.resolve(null) : findProject(sql, scope, project);

  /** What reaches every environment is protected when one of them is. */
  const everywhere = async (project: Project): Promise<Resource> => ({
    kind: "project",
    organisationId: project.organisationId,
    projectId: project.id,
    isProtected: (await listEnvironments(sql, project)).some(({ isProtected }: Environment) => isProtected),
  });

  const variableScope = async (scope: Scope | null, input: Record<string, unknown>): Promise<ScopeResource | null> => {
    const project = await projectOf(scope, input);
    if (scope === null || project === null || typeof input.scope !== "string") return null;
    const [kind = "", reference = ""] = input.scope.split(":");
    const wide = async (name: ScopeName, place: VariableScope): Promise<ScopeResource> => ({
      ...(await everywhere(project)),
      kind: "variable-scope",
      project,
      scope: name,
      place,
    });
    switch (kind) {
      case "project":
        return wide({ kind }, { kind, id: project.id });
      case "environment": {
        const found = await findEnvironment(sql, project, reference);
        if (found === null) return null;
        const name = { kind, environment: found.id } as const;
        return {
          ...environmentResource(found),
          kind: "variable-scope",
          project,
          scope: name,
          place: { kind, id: found.id },
        };
      }
      case "group": {
        const found = await findGroup(sql, project, reference);
        return found === null ? null : wide({ kind, group: found.id }, { kind, id: found.id });
      }
      case "service": {
        const found = await findService(sql, scope, project.id, reference);
        return found === null ? null : wide({ kind, service: found.id }, { kind, id: found.id });
      }
      default:
        return null;
    }
  };

  const group = async (scope: Scope | null, input: Record<string, unknown>): Promise<GroupResource | null> => {
    const project = await projectOf(scope, input);
    if (project === null || typeof input.group !== "string") return null;
    const found = await findGroup(sql, project, input.group);
    return found === null ? null : { ...(await everywhere(project)), kind: "group", project, group: found };
  };

  return { "variable-scope": variableScope, group } satisfies ResourceLoaders;
};

type Loaded = { resource: Resource };

export const scopeOfContext = ({ resource }: Loaded): ScopeResource => resource as ScopeResource;
export const groupOfContext = ({ resource }: Loaded): GroupResource => resource as GroupResource;
