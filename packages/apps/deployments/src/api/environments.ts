import { DomainError } from "@homeport/kit/errors.ts";
import type { Handlers } from "@homeport/kit/http/api.ts";
import { type CallContext, memberOf } from "@homeport/kit/http/context.ts";
import { actorOf } from "../actor.ts";
import type { contract } from "../contract.ts";
import { callerOf } from "../service/caller.ts";
import { environmentResource } from "../service/environments.ts";
import { environmentOf, projectOf } from "../service/loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { environmentToWire } from "./wire.ts";

export const environmentHandlers = ({
  environments,
  editEnvironments,
}: UseCases): Handlers<typeof contract.environments> => ({
  list: async ({ may, ...context }) => {
    const seen = await environments.list(projectOf(context), (each) =>
      may("environment:read", environmentResource(each)),
    );
    return { items: seen.map(environmentToWire) };
  },
  create: async (context, { slug, branchPattern, copyFrom }) => {
    const wanted = { slug, branchPattern, copyFrom };
    return environmentToWire(await editEnvironments.create(projectOf(context), wanted, callerOf(context)));
  },
  update: async (context, { slug, branchPattern, position, protected: isProtected }) => {
    if (isProtected !== undefined) refuseUnlessMayProtect(context);
    const changed = { slug, branchPattern, position };
    const updated = await editEnvironments.update(environmentOf(context), changed, callerOf(context));
    if (isProtected === undefined) return environmentToWire(updated);
    return environmentToWire(await environments.protect(updated, isProtected, actorOf(memberOf(context))));
  },
  remove: async (context) => {
    await editEnvironments.remove(environmentOf(context), callerOf(context));
    return { removed: true };
  },
});

/** @throws {DomainError} forbidden, before anything is changed */
const refuseUnlessMayProtect = ({ may, resource }: CallContext): void => {
  if (may("environment:protect", resource)) return;
  throw new DomainError("forbidden", "Your role does not allow environment:protect here. Nothing was changed.");
};
