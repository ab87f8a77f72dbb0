import type { Handlers } from "@homeport/kit/http/api.ts";
import { memberOf, memberScope } from "@homeport/kit/http/context.ts";
import { actorOf } from "../actor.ts";
import type { contract } from "../contract.ts";
import { callerOf } from "../service/caller.ts";
import { projectOf } from "../service/loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { listedProjectToWire, projectToWire } from "./wire.ts";

export const projectHandlers = ({ projects, renameProject, reads }: UseCases): Handlers<typeof contract.projects> => ({
  list: async (context, page) => {
    const { items, nextCursor } = await reads.listProjects(memberScope(context), page);
    return { items: items.map(listedProjectToWire), nextCursor };
  },
  create: async (context, { slug }) =>
    projectToWire(await projects.create(memberScope(context), slug, actorOf(memberOf(context)))),
  get: async (context) => projectToWire(projectOf(context)),
  update: async (context, { slug }) =>
    projectToWire(await renameProject(memberScope(context), projectOf(context), slug, callerOf(context))),
  remove: async (context) => {
    await projects.remove(memberScope(context), projectOf(context), actorOf(memberOf(context)));
    return { removed: true };
  },
});
