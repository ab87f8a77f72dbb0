import type { Handlers } from "@homeport/kit/http/api.ts";
import { personOf } from "@homeport/kit/http/context.ts";
import type { platformOrganisationContract } from "../contract/platform-organisations.ts";
import type { UseCases } from "../service/use-cases.ts";
import { platformOrganisationToWire } from "./account-wire.ts";

export const platformOrganisationHandlers = ({
  platformOrganisations,
}: UseCases): Handlers<typeof platformOrganisationContract> => ({
  list: async (_context, wanted) => {
    const { items, nextCursor } = await platformOrganisations.list(wanted);
    return { items: items.map(platformOrganisationToWire), nextCursor };
  },
  rename: async (_context, { organisation, name }) =>
    platformOrganisationToWire(await platformOrganisations.rename(organisation, name)),
  close: async (context, { organisation }) => {
    await platformOrganisations.close(personOf(context), organisation);
    return { removed: true };
  },
});
