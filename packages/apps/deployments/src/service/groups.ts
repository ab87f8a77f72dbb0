import { DomainError } from "@homeport/kit/errors.ts";
import type { Group, ListedGroup } from "../group.ts";
import type { Project } from "../project.ts";
import { listGroups } from "../store/groups.ts";
import { type ApplyContext, applyAtOnce } from "./apply-at-once.ts";
import type { Caller } from "./caller.ts";

const NEW = "tmp_new";

/** Groups of services. Which services are in one is said of each service. */
export const createGroups = (context: ApplyContext) => {
  const get = async (project: Project, id: string): Promise<ListedGroup> => {
    const group = (await listGroups(context.sql, project)).find((each) => each.id === id);
    if (group === undefined) throw new DomainError("not_found", "There is no such group.");
    return group;
  };

  return {
    list: (project: Project): Promise<ListedGroup[]> => listGroups(context.sql, project),

    /** @throws {DomainError} conflict */
    async create(project: Project, slug: string, caller: Caller): Promise<ListedGroup> {
      const change = { op: "group.create", tempId: NEW, slug } as const;
      const { created } = await applyAtOnce(context, project.id, () => [change], { caller, deploy: "none" });
      return get(project, created.get(NEW) ?? "");
    },

    /** @throws {DomainError} conflict */
    async rename(project: Project, group: Group, slug: string, caller: Caller): Promise<ListedGroup> {
      const change = { op: "group.update", group: group.id, slug } as const;
      await applyAtOnce(context, project.id, () => [change], { caller, deploy: "none" });
      return get(project, group.id);
    },

    /** With its variables; its services stay. */
    async remove(project: Project, group: Group, caller: Caller): Promise<void> {
      const change = { op: "group.remove", group: group.id } as const;
      await applyAtOnce(context, project.id, () => [change], { caller, deploy: "none" });
    },
  };
};

export type Groups = ReturnType<typeof createGroups>;
