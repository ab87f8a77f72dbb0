import type { Handlers } from "@homeport/kit/http/api.ts";
import { personOf } from "@homeport/kit/http/context.ts";
import type { PersonId } from "@homeport/kit/ids.ts";
import type { peopleContract } from "../contract/people.ts";
import type { UseCases } from "../service/use-cases.ts";
import { platformPersonToWire } from "./account-wire.ts";

export const peopleHandlers = ({ platformPeople, departures }: UseCases): Handlers<typeof peopleContract> => ({
  list: async (_context, wanted) => {
    const { items, nextCursor } = await platformPeople.list(wanted);
    return { items: items.map(platformPersonToWire), nextCursor };
  },
  get: async (_context, { person }) => {
    const found = await platformPeople.getWithCredentials(person as PersonId);
    return { ...platformPersonToWire(found), sessions: found.sessionCount, tokens: found.tokenCount };
  },
  suspend: async (context, { person, reason }) =>
    platformPersonToWire(await platformPeople.suspend(personOf(context), person as PersonId, reason)),
  resume: async (_context, { person }) => platformPersonToWire(await platformPeople.resume(person as PersonId)),
  setInstanceRole: async (_context, { person, role }) =>
    platformPersonToWire(await platformPeople.setInstanceRole(person as PersonId, role)),
  resetSecondFactor: async (_context, { person }) => ({
    removed: await platformPeople.resetSecondFactor(person as PersonId),
  }),
  signOut: async (_context, { person }) => ({ removed: await platformPeople.signOut(person as PersonId) }),
  remove: async (_context, { person }) => {
    const { organisations } = await departures.remove(person as PersonId);
    return { removed: true, organisations };
  },
});
