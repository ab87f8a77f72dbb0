import type { Handlers } from "@homeport/kit/http/api.ts";
import type { contract } from "../contract.ts";
import { callerOf } from "../service/caller.ts";
import { serviceOf } from "../service/loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import type { Binding } from "../state/bindings.ts";
import { changedToWire } from "./variables.ts";

export const bindingHandlers = ({ bindings }: UseCases): Handlers<typeof contract.bindings> => ({
  list: async (context) => ({ items: (await bindings.list(serviceOf(context))).map(bindingToWire) }),
  create: async (context, { to, environment, prefix, apply }) => {
    const request = { to, environment, prefix, apply };
    const { to: slug, names, ...changed } = await bindings.create(serviceOf(context), request, callerOf(context));
    return { to: slug, set: names, ...changedToWire(changed, apply) };
  },
  remove: async (context, { to, environment, apply }) => {
    const request = { to, environment, apply };
    const { to: slug, names, ...changed } = await bindings.remove(serviceOf(context), request, callerOf(context));
    return { to: slug, unset: names, ...changedToWire(changed, apply) };
  },
});

const bindingToWire = ({ to: { id, slug, template }, variables }: Binding) => ({
  to: slug,
  toId: id,
  template,
  variables,
});
