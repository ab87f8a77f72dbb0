import type { ResourceLoaders } from "@homeport/kit/http/context.ts";
import type { ClustersDeps } from "./deps.ts";
import { findClusterNode } from "./nodes.ts";
import { findOwnedWorkload } from "./read-workload.ts";

/** What requests are about. A workload of another organisation looks like one that does not exist. */
export const loaders = (deps: ClustersDeps): ResourceLoaders => ({
  async workload(scope, { workloadId }) {
    const workload = await findOwnedWorkload(deps, String(workloadId));
    if (workload === null || (scope !== null && workload.organisationId !== scope.organisationId)) return null;
    return { kind: "workload", organisationId: workload.organisationId, projectId: workload.projectId };
  },
  /** Nodes are the platform's, no organisation's. */
  async node(_scope, { nodeId }) {
    const node = await findClusterNode(deps, String(nodeId));
    return node === null ? null : { kind: "node", organisationId: null };
  },
});
