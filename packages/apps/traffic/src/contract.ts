import { PageQuery, pageOf, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { PolicyView, PutPolicy } from "./contract/policy.ts";
import { TrafficView } from "./contract/status.ts";
import { PolicyHost } from "./policy-host.ts";

export { PolicyInput, PolicyView, PutPolicy } from "./contract/policy.ts";
export { DriftView, TrafficView, WorkerView } from "./contract/status.ts";

const PolicyPath = z.object({ host: PolicyHost });

export const contract = {
  status: route({
    method: "GET",
    path: "/status",
    action: "gateway:read",
    resource: "platform",
    summary: "Show what all gateways serve, and how it goes",
    input: z.object({}),
    output: TrafficView,
  }),
  policies: {
    list: route({
      method: "GET",
      path: "/policies",
      action: "policy:read",
      resource: "platform",
      summary: "List what gateways do with requests of which hosts",
      input: PageQuery,
      output: pageOf(PolicyView),
    }),
    get: route({
      method: "GET",
      path: "/policies/{host}",
      action: "policy:read",
      resource: "platform",
      summary: "Show the policy of a host",
      input: PolicyPath,
      output: PolicyView,
    }),
    put: route({
      method: "PUT",
      path: "/policies/{host}",
      action: "policy:write",
      resource: "platform",
      summary: "Set the whole policy of a host; users listed without a password keep theirs",
      input: PutPolicy,
      output: PolicyView,
    }),
    remove: route({
      method: "DELETE",
      path: "/policies/{host}",
      action: "policy:write",
      resource: "platform",
      summary: "Remove the policy of a host",
      input: PolicyPath,
      output: z.object({ removed: z.boolean().describe("false when there was none") }),
    }),
  },
};
