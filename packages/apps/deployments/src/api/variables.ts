import type { Handlers } from "@homeport/kit/http/api.ts";
import type { contract } from "../contract.ts";
import { callerOf } from "../service/caller.ts";
import { serviceOf } from "../service/loaders.ts";
import { scopeOfContext } from "../service/scope-resource.ts";
import type { UseCases } from "../service/use-cases.ts";
import type { Changed, ListedVariable } from "../service/variables.ts";
import { revealedToWire } from "./secret-wire.ts";
import { problemToWire } from "./wire-problem.ts";

export const variableHandlers = ({ variables, reveals }: UseCases): Handlers<typeof contract.variables> => ({
  list: async (context) => {
    const service = serviceOf(context);
    const items = await variables.list(service);
    return {
      items: items.map(({ scope, overrides, ...variable }) => ({ ...toWire(variable), scope, overrides })),
      problems: (await variables.listProblems(service)).map(problemToWire),
    };
  },
  set: async (context, { values, apply }) => {
    const { names, ...changed } = await variables.set(serviceOf(context), values, callerOf(context), apply);
    return { set: names, ...changedToWire(changed, apply) };
  },
  unset: async (context, { names: wanted, apply }) => {
    const { names, ...changed } = await variables.unset(serviceOf(context), wanted, callerOf(context), apply);
    return { unset: names, ...changedToWire(changed, apply) };
  },
  reveal: async (context, { names }) => ({
    values: revealedToWire(await reveals.variables(serviceOf(context), names)),
  }),
});

export const scopedVariableHandlers = ({
  variables,
  reveals,
}: UseCases): Handlers<typeof contract.scopedVariables> => ({
  list: async (context) => {
    const { project, place } = scopeOfContext(context);
    return { items: (await variables.listIn(project.id, place)).map(toWire) };
  },
  set: async (context, { values, apply }) => {
    const { project, scope } = scopeOfContext(context);
    const { names, ...changed } = await variables.setIn(project.id, scope, values, callerOf(context), apply);
    return { set: names, ...changedToWire(changed, apply) };
  },
  unset: async (context, { names: wanted, apply }) => {
    const { project, scope } = scopeOfContext(context);
    const { names, ...changed } = await variables.unsetIn(project.id, scope, wanted, callerOf(context), apply);
    return { unset: names, ...changedToWire(changed, apply) };
  },
  reveal: async (context, { names }) => {
    const { project, place } = scopeOfContext(context);
    return { values: revealedToWire(await reveals.variablesIn(project, place, names)) };
  },
});

const toWire = ({ name, updatedAt, refers }: ListedVariable) => ({ name, updatedAt: updatedAt.toISOString(), refers });

/** What came of a change of variables: what it deploys, where that was asked for, and references that lead nowhere. */
export const changedToWire = ({ deployments, problems }: Omit<Changed, "names">, apply: boolean) => ({
  ...(apply ? { deployments } : {}),
  ...(problems.length === 0 ? {} : { problems: problems.map(problemToWire) }),
});
