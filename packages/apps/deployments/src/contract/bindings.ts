import { route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { Prefix } from "../secret-use.ts";
import { TemplateName } from "../template-name.ts";
import { ReferenceProblem } from "./problems.ts";

/** The slug or the id of a project, service or environment. */
const Reference = z.string().min(1).max(60);
/** One environment, or all of them where none is named. */
const inService = { project: Reference, service: Reference, environment: Reference.optional() };

/** A variable of the service that is one of the database's, whole and nothing else. */
const Bound = z.object({
  name: z.string(),
  /** The variable of the database that it stands for. */
  export: z.string(),
  /** `service`: in all environments; `workload`: in this one. */
  scope: z.enum(["service", "workload"]),
});

const Binding = z.object({
  to: z.string(),
  toId: z.uuid(),
  template: TemplateName,
  variables: z.array(Bound),
});

/** Deploys anew what is live and changes by it, each once. Needs `deployment:create`, too. */
const apply = { apply: z.boolean().default(false) };

const Deployed = z.array(z.object({ service: z.string(), environment: z.string(), deploymentId: z.uuid() }));
const Changed = {
  /** With `apply`. */
  deployments: Deployed.optional(),
  /** When some of the project's references lead nowhere now. */
  problems: z.array(ReferenceProblem).optional(),
};

/** What a service has of the databases of its project. A binding is its variables that refer to one, and nothing besides. */
export const bindings = {
  list: route({
    method: "GET",
    path: "/projects/{project}/services/{service}/bindings",
    action: "variable:read",
    resource: "service",
    summary: "List the databases that a service is bound to",
    input: z.object(inService),
    output: z.object({ items: z.array(Binding) }),
  }),
  create: route({
    method: "POST",
    path: "/projects/{project}/services/{service}/bindings",
    action: "variable:write",
    resource: "service",
    summary: "Bind a service to a database of its project: it gets where it is, and the credentials",
    input: z.strictObject({ ...inService, to: Reference, prefix: Prefix.default(""), ...apply }),
    output: z.object({ to: z.string(), set: z.array(z.string()), ...Changed }),
    status: 201,
  }),
  remove: route({
    method: "DELETE",
    path: "/projects/{project}/services/{service}/bindings",
    action: "variable:write",
    resource: "service",
    summary: "Take the variables of a database away from a service",
    input: z.strictObject({ ...inService, to: Reference, ...apply }),
    output: z.object({ to: z.string(), unset: z.array(z.string()), ...Changed }),
  }),
};
