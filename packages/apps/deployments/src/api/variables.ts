import type { Handlers } from "@homeport/kit/http/api.ts";
import { memberOf } from "@homeport/kit/http/context.ts";
import { actorOf } from "../actor.ts";
import type { contract } from "../contract.ts";
import { serviceOf } from "../service/loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { revealedToWire } from "./secret-wire.ts";
import { variableToWire } from "./wire.ts";

export const variableHandlers = ({ variables, reveals }: UseCases): Handlers<typeof contract.variables> => ({
  list: async (context) => ({ items: (await variables.list(serviceOf(context))).map(variableToWire) }),
  set: async (context, { values }) => {
    await variables.set(serviceOf(context), values, actorOf(memberOf(context)));
    return { set: Object.keys(values).sort() };
  },
  unset: async (context, { names }) => ({
    unset: await variables.unset(serviceOf(context), names, actorOf(memberOf(context))),
  }),
  reveal: async (context, { names }) => ({
    values: revealedToWire(await reveals.variables(serviceOf(context), names)),
  }),
});
