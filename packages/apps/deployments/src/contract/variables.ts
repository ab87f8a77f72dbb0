import { Instant, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { MAX_VARIABLES, VariableName, VariableValue } from "../variable.ts";
import { ReferenceProblem } from "./problems.ts";

/** The slug or the id of a project, service or environment. */
const Reference = z.string().min(1).max(60);
const inService = { project: Reference, service: Reference, environment: Reference.optional() };

const ScopeKind = z.enum(["project", "environment", "group", "service", "workload"]);

/** Where variables hold that are no single workload's. */
export const ScopeReference = z
  .string()
  .max(80)
  .regex(
    /^(project|(environment|group|service):[A-Za-z0-9-]{1,60})$/,
    "use project, environment:<name>, group:<name> or service:<name>",
  );
const inScope = { project: Reference, scope: ScopeReference };

/** What a value refers to: names only. */
const Refers = z.object({
  kind: z.enum(["service", "project", "environment", "secret", "own"]),
  /** Of the service or secret group; null for what is not there. */
  id: z.uuid().nullable(),
  /** The service or group and the variable: `api.URL`. */
  name: z.string(),
});

const Variable = z.object({ name: z.string(), updatedAt: Instant, refers: z.array(Refers) });

const Values = z
  .record(VariableName, VariableValue)
  .refine((values) => Object.keys(values).length <= MAX_VARIABLES, `at most ${MAX_VARIABLES} at once`);
const Names = z.array(z.string().max(200)).min(1).max(MAX_VARIABLES);

/** Deploys anew what is live and changes by it, each once. Needs `deployment:create`, too. */
const apply = { apply: z.boolean().default(false) };

const Deployed = z.array(z.object({ service: z.string(), environment: z.string(), deploymentId: z.uuid() }));
const Changed = {
  /** With `apply`. */
  deployments: Deployed.optional(),
  /** When some of the project's references lead nowhere now. */
  problems: z.array(ReferenceProblem).optional(),
};

export const variables = {
  list: route({
    method: "GET",
    path: "/projects/{project}/services/{service}/variables",
    action: "variable:read",
    resource: "service",
    summary: "List the names of the variables that a service gets; values are write-only",
    input: z.object(inService),
    output: z.object({
      items: z.array(
        Variable.extend({
          /** Where it comes from. */
          scope: ScopeKind,
          /** The wider scopes that set the same name. */
          overrides: z.array(ScopeKind),
        }),
      ),
      /** Why its next deployment would fail. */
      problems: z.array(ReferenceProblem),
    }),
  }),
  set: route({
    method: "PUT",
    path: "/projects/{project}/services/{service}/variables",
    action: "variable:write",
    resource: "service",
    summary: "Set variables of a service in one environment; the others stay",
    input: z.strictObject({ ...inService, values: Values, ...apply }),
    output: z.object({ set: z.array(z.string()), ...Changed }),
  }),
  unset: route({
    method: "POST",
    path: "/projects/{project}/services/{service}/variables/unset",
    action: "variable:write",
    resource: "service",
    summary: "Remove variables of a service in one environment",
    input: z.strictObject({ ...inService, names: Names, ...apply }),
    output: z.object({ unset: z.array(z.string()), ...Changed }),
  }),
};

/** Variables of wider scopes: of the project, an environment, a group of services, a service in all environments. */
export const scopedVariables = {
  list: route({
    method: "GET",
    path: "/projects/{project}/variables",
    action: "variable:read",
    resource: "variable-scope",
    summary: "List the names of the variables of one scope",
    input: z.object(inScope),
    output: z.object({ items: z.array(Variable) }),
  }),
  set: route({
    method: "PUT",
    path: "/projects/{project}/variables",
    action: "variable:write",
    resource: "variable-scope",
    summary: "Set variables of one scope; the others stay",
    input: z.strictObject({ ...inScope, values: Values, ...apply }),
    output: z.object({ set: z.array(z.string()), ...Changed }),
  }),
  unset: route({
    method: "POST",
    path: "/projects/{project}/variables/unset",
    action: "variable:write",
    resource: "variable-scope",
    summary: "Remove variables of one scope",
    input: z.strictObject({ ...inScope, names: Names, ...apply }),
    output: z.object({ unset: z.array(z.string()), ...Changed }),
  }),
  reveal: route({
    method: "POST",
    path: "/projects/{project}/variables/reveal",
    action: "secret:reveal",
    resource: "variable-scope",
    summary: "Tell values of variables of one scope; the audit log says who asked",
    input: z.strictObject({ ...inScope, names: Names }),
    output: z.object({ values: z.record(z.string(), z.string()) }),
    secret: true,
  }),
};
