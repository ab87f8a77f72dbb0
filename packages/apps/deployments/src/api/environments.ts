import type { Handlers } from "@homeport/kit/http/api.ts";
import { memberOf } from "@homeport/kit/http/context.ts";
import { actorOf } from "../actor.ts";
import type { contract } from "../contract.ts";
import { environmentResource } from "../service/environments.ts";
import { environmentOf, projectOf } from "../service/loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { environmentToWire } from "./wire.ts";

export const environmentHandlers = ({ environments }: UseCases): Handlers<typeof contract.environments> => ({
  list: async ({ may, ...context }) => {
    const seen = await environments.list(projectOf(context), (each) =>
      may("environment:read", environmentResource(each)),
    );
    return { items: seen.map(environmentToWire) };
  },
  update: async (context, { protected: isProtected }) =>
    environmentToWire(await environments.protect(environmentOf(context), isProtected, actorOf(memberOf(context)))),
});
