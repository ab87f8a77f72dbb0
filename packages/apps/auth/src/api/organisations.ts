import type { Handlers } from "@homeport/kit/http/api.ts";
import { personOf } from "@homeport/kit/http/context.ts";
import type { organisationContract } from "../contract/organisations.ts";
import type { Organisation } from "../organisation.ts";
import { callerOf } from "../service/caller.ts";
import type { UseCases } from "../service/use-cases.ts";
import { signedInToWire } from "./wire.ts";

export const organisationHandlers = ({ organisations }: UseCases): Handlers<typeof organisationContract> => ({
  list: async (context, { cursor, limit }) => {
    const member = personOf(context);
    const { items, nextCursor } = await organisations.listOwn(member, cursor ?? "", limit);
    const current = member.organisationId;
    return {
      items: items.map((each) => ({ ...toWire(each), role: each.role, current: each.id === current })),
      nextCursor,
    };
  },
  create: async (context, input) => toWire(await organisations.create(personOf(context), input)),
  get: async (context) => {
    const found = await organisations.get(callerOf(context));
    return { ...toWire(found), memberCount: found.memberCount, projectCount: found.projectCount };
  },
  update: async (context, { name }) => toWire(await organisations.rename(callerOf(context), name)),
  remove: async (context, { confirm }) => ({
    removed: 1,
    ...(await organisations.remove(callerOf(context), confirm)),
  }),
  switch: async (context, { organisation }) =>
    signedInToWire(await organisations.switch(personOf(context), organisation)),
});

const toWire = ({ id, slug, name }: Organisation) => ({ id, slug, name });
