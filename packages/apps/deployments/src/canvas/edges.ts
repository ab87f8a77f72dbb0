import type { ServiceId } from "@homeport/kit/ids.ts";
import type { Project } from "../project.ts";
import type { NodeId } from "./node.ts";

/** Variables of `from` (a service, or a group of services) refer to what service `to` gets. */
export type Edge = { from: NodeId; to: ServiceId; variables: string[] };

/** Of one project; what is over is left out. */
export const MAX_EDGES = 2_000;
export const MAX_EDGE_VARIABLES = 20;

/** Where edges come from: nobody draws them, they follow what variables refer to. */
export interface EdgeSource {
  /** At most MAX_EDGES, each pair once. Only reads; may be called at any time, by many. */
  listEdges(project: Project): Promise<Edge[]>;
}
