import type { Db } from "@homeport/kit/db/connect.ts";
import type { NodeId, OrganisationId, ProjectId, ReplicaId, WorkloadId } from "@homeport/kit/ids.ts";
import type { ReplicaRole } from "../replica.ts";
import type { ReleaseSpec } from "../workload.ts";
import { parseSpec } from "./releases.ts";

/** A replica as its node has to run it; the variables and files are still sealed. */
export type WantedReplica = {
  id: ReplicaId;
  workloadId: WorkloadId;
  organisationId: OrganisationId;
  projectId: ProjectId;
  projectSlug: string;
  serviceSlug: string;
  generation: number;
  role: ReplicaRole;
  spec: ReleaseSpec;
  sealedEnv: Uint8Array;
  sealedFiles: Uint8Array | null;
};

type Row = Omit<WantedReplica, "spec"> & { nodeGeneration: number; spec: unknown };

/** All that a node shall run, and the generation that says so, as of one moment. Null for an unknown node. */
export const readWanted = async (
  sql: Db,
  nodeId: NodeId,
): Promise<{ generation: number; replicas: WantedReplica[] } | null> => {
  const rows = await sql<(Row | { nodeGeneration: number; id: null })[]>`
    select n.generation as "nodeGeneration", r.id, r.workload_id as "workloadId", w.organisation_id as "organisationId",
      w.project_id as "projectId", w.project_slug as "projectSlug", w.service_slug as "serviceSlug", r.generation, r.role,
      l.spec, l.sealed_env as "sealedEnv", l.sealed_files as "sealedFiles"
    from clusters.nodes n
    left join clusters.replicas r on r.node_id = n.id
    left join clusters.workloads w on w.id = r.workload_id
    left join clusters.releases l on l.workload_id = r.workload_id and l.generation = r.generation
    where n.id = ${nodeId}
    order by r.id`;
  const [first] = rows;
  if (first === undefined) return null;
  const replicas = rows.flatMap((row) => (row.id === null ? [] : [toWanted(row)]));
  return { generation: first.nodeGeneration, replicas };
};

const toWanted = ({ nodeGeneration: _, spec, ...row }: Row): WantedReplica => ({ ...row, spec: parseSpec(spec) });
