import type { Resource } from "@homeport/kit/authorize.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import type { ResourceLoaders, Scope } from "@homeport/kit/http/context.ts";
import { isId } from "@homeport/kit/ids.ts";
import type { Hook, HookId } from "../hook.ts";
import type { Project } from "../project.ts";
import { listEnvironments } from "../store/environments.ts";
import { findHook } from "../store/hooks.ts";
import { findProject } from "../store/projects.ts";

type HookResource = Resource & { kind: "hook"; hook: Hook };

/** Where a project's pushes go: to all its environments, so it is protected when one of them is. */
export const createSourceReads = (sql: Sql) => ({
  async placeOf(project: Project): Promise<Resource> {
    const environments = await listEnvironments(sql, project);
    return {
      kind: "hook",
      organisationId: project.organisationId,
      projectId: project.id,
      isProtected: environments.some(({ isProtected }) => isProtected),
    };
  },
});

export type SourceReads = ReturnType<typeof createSourceReads>;

/** Finds the webhooks that paths name. */
export const hookLoaders = (sql: Sql) => {
  const { placeOf } = createSourceReads(sql);
  const hook = async (scope: Scope | null, input: Record<string, unknown>): Promise<HookResource | null> => {
    if (scope === null || typeof input.project !== "string" || typeof input.hook !== "string") return null;
    const project = isId(input.hook) ? await findProject(sql, scope, input.project) : null;
    const found = project === null ? null : await findHook(sql, project.id, input.hook as HookId);
    if (project === null || found === null) return null;
    return { ...(await placeOf(project)), kind: "hook", hook: found };
  };
  return { hook } satisfies ResourceLoaders;
};

export const hookOf = ({ resource }: { resource: Resource }): Hook => (resource as HookResource).hook;
