import type { DesiredReplica } from "@homeport/clusters/contract.ts";

/** The network that a replica shares with those it reaches by name: its own, or the project's. */
export const networkOf = ({ networkId, projectId }: Pick<DesiredReplica, "networkId" | "projectId">): string =>
  networkId ?? projectId;
