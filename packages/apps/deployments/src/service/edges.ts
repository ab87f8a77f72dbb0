import type { Db } from "@homeport/kit/db/connect.ts";
import type { ServiceId } from "@homeport/kit/ids.ts";
import { type Edge as CanvasEdge, type EdgeSource, MAX_EDGE_VARIABLES, MAX_EDGES } from "../canvas/edges.ts";
import type { NodeId } from "../canvas/node.ts";
import type { Project } from "../project.ts";
import type { GroupId } from "../scope.ts";
import type { SecretGroupId } from "../secret-group.ts";
import { listEdgeRows } from "../store/edges.ts";

/** Variables of `from` refer to what `to` has. */
export type Edge = { from: ServiceId | GroupId; variables: string[] } & (
  | { kind: "service"; to: ServiceId }
  | { kind: "secret"; to: SecretGroupId }
);

/**
 * What refers to what in a project: services and groups of services to services and secret groups, each pair once.
 * Variables of the project or of an environment are everybody's, so they make no edge. Made of the references that are
 * stored beside values; no value is opened.
 */
export const listEdges = async (sql: Db, project: Pick<Project, "id">): Promise<Edge[]> => {
  const rows = await listEdgeRows(sql, project.id, MAX_EDGES);
  return rows.map(({ from, to, kind, variables }) => ({ from, to, kind, variables }) as Edge);
};

/** The canvas shows services and groups of services; secret groups are on no canvas. */
export const createEdgeSource = (sql: Db): EdgeSource => ({
  async listEdges(project) {
    const edges = await listEdges(sql, project);
    return edges.flatMap((edge): CanvasEdge[] =>
      edge.kind === "service"
        ? [
            {
              from: edge.from as unknown as NodeId,
              to: edge.to,
              variables: edge.variables.slice(0, MAX_EDGE_VARIABLES),
            },
          ]
        : [],
    );
  },
});
