import { DomainError } from "@homeport/kit/errors.ts";
import type { Handlers } from "@homeport/kit/http/api.ts";
import { type CallContext, memberOf } from "@homeport/kit/http/context.ts";
import { actorOf } from "../actor.ts";
import type { contract } from "../contract.ts";
import { projectOf, secretGroupOf } from "../service/loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { listedSecretGroupToWire, revealedToWire, secretGroupToWire, secretGroupViewToWire } from "./secret-wire.ts";

export const secretGroupHandlers = ({
  secretGroups,
  redeployUsers,
  reveals,
}: UseCases): Handlers<typeof contract.secretGroups> => ({
  list: async (context, page) => {
    const { items, nextCursor } = await secretGroups.list(projectOf(context), page);
    return { items: items.map(listedSecretGroupToWire), nextCursor };
  },
  create: async (context, { slug, values }) =>
    secretGroupToWire(await secretGroups.create(projectOf(context), slug, values, actorOf(memberOf(context)))),
  get: async (context) => secretGroupViewToWire(await secretGroups.view(secretGroupOf(context))),
  set: async (context, { values, apply }) => {
    if (apply) refuseUnlessMayDeploy(context);
    const actor = actorOf(memberOf(context));
    const group = await secretGroups.set(secretGroupOf(context), values, actor);
    const deployments = apply ? await redeployUsers(group, actor) : [];
    return { set: Object.keys(values).sort(), version: group.version, deployments };
  },
  unset: async (context, { names, apply }) => {
    if (apply) refuseUnlessMayDeploy(context);
    const actor = actorOf(memberOf(context));
    const { group, unset } = await secretGroups.unset(secretGroupOf(context), names, actor);
    const deployments = apply && unset.length > 0 ? await redeployUsers(group, actor) : [];
    return { unset, version: group.version, deployments };
  },
  apply: async (context) => ({
    deployments: await redeployUsers(secretGroupOf(context), actorOf(memberOf(context))),
  }),
  remove: async (context) => {
    await secretGroups.remove(secretGroupOf(context), actorOf(memberOf(context)));
    return { removed: true };
  },
  reveal: async (context, { names }) => ({
    values: revealedToWire(await reveals.group(secretGroupOf(context), names)),
  }),
});

/** Changing a group and deploying its services are two rights for the same thing. @throws {DomainError} forbidden */
const refuseUnlessMayDeploy = ({ may, resource }: CallContext): void => {
  if (may("deployment:create", resource)) return;
  throw new DomainError("forbidden", "Your role or token does not allow deployment:create here. Nothing was changed.");
};
