import { DomainError } from "@homeport/kit/errors.ts";
import type { Handlers } from "@homeport/kit/http/api.ts";
import type { CallContext } from "@homeport/kit/http/context.ts";
import type { NodeId } from "@homeport/kit/ids.ts";
import type { contract } from "../contract.ts";
import type { ClustersDeps } from "../service/deps.ts";
import { waitForDesired } from "../service/desired-state.ts";
import { registerNode } from "../service/nodes.ts";
import { recordReport } from "../service/record-report.ts";

/** Agents are known by their signed identity alone: what they send cannot make them another node. */
export const agentHandlers = (deps: ClustersDeps, stopping: AbortSignal): Handlers<typeof contract.agent> => ({
  async hello(context, hello) {
    const nodeId = nodeOf(context);
    return { nodeId, generation: await registerNode(deps, nodeId, hello) };
  },
  desired(context, { after, waitSeconds }) {
    const until = AbortSignal.any([context.signal, stopping]);
    return waitForDesired(deps, nodeOf(context), after, waitSeconds, until);
  },
  async observed(context, report) {
    const nodeId = nodeOf(context);
    if (report.nodeId !== nodeId) throw new DomainError("forbidden", "An agent speaks for its own node only.");
    return await recordReport(deps, nodeId, report);
  },
});

export const nodeOf = ({ principal }: Pick<CallContext, "principal">): NodeId => {
  if (principal.kind === "agent") return principal.nodeId as NodeId;
  throw new DomainError("forbidden", "Only an agent can do this.");
};
