import type { Db } from "@homeport/kit/db/connect.ts";
import type { NodeId, OrganisationId, ProjectId, ReplicaId, WorkloadId } from "@homeport/kit/ids.ts";
import { z } from "zod";
import { ImageRef } from "../contract/release.ts";
import type { ReplicaRole } from "../replica.ts";
import { MAX_SHELLS, type Shell } from "../shell.ts";
import { MAX_OPEN_TASKS, type NodeTask } from "../task.ts";
import type { ReleaseSpec } from "../workload.ts";
import { parseSpec } from "./releases.ts";
import { listAwaitedShells } from "./shells.ts";
import { listOpenTasks } from "./tasks.ts";

type Owned = {
  workloadId: WorkloadId;
  organisationId: OrganisationId;
  projectId: ProjectId;
  projectSlug: string;
  serviceSlug: string;
  /** The newest generation of the workload; 1 for one that has none yet. */
  epoch: number;
  spec: ReleaseSpec;
  sealedFiles: Uint8Array | null;
};

/** A replica as its node has to run it; the variables and files are still sealed. */
export type WantedReplica = Owned & { id: ReplicaId; generation: number; role: ReplicaRole; sealedEnv: Uint8Array };

/** The same of a run. One that has ended has no variables any more, and is only told so that it is removed. */
export type WantedRun = Owned & {
  id: string;
  sealedEnv: Uint8Array | null;
  command: string[];
  timeoutSeconds: number;
  hasEnded: boolean;
  /** Whether the workload's volumes are on this node: it was pinned to it, or whoever asked for the run says so. */
  hasVolumes: boolean;
};

export type Wanted = {
  generation: number;
  replicas: WantedReplica[];
  runs: WantedRun[];
  images: ImageRef[];
  tasks: NodeTask[];
  shells: Shell[];
};

/** Images that are told of at most, those of the releases that came last. */
const MAX_IMAGES = 256;

/** All that a node shall run, and the generation that says so. Null for an unknown node. Call it as of one moment. */
export const readWanted = async (tx: Db, nodeId: NodeId): Promise<Wanted | null> => {
  const [node] = await tx<{ generation: number }[]>`select generation from clusters.nodes where id = ${nodeId}`;
  if (node === undefined) return null;
  return {
    generation: node.generation,
    replicas: await readReplicas(tx, nodeId),
    runs: await readRuns(tx, nodeId),
    images: await readImages(tx, nodeId),
    tasks: await listOpenTasks(tx, nodeId, MAX_OPEN_TASKS),
    shells: await listAwaitedShells(tx, nodeId, MAX_SHELLS),
  };
};

const readReplicas = async (sql: Db, nodeId: NodeId): Promise<WantedReplica[]> => {
  const rows = await sql<(Omit<WantedReplica, "spec"> & { spec: unknown })[]>`
    select r.id, r.workload_id as "workloadId", w.organisation_id as "organisationId", w.project_id as "projectId",
      w.project_slug as "projectSlug", w.service_slug as "serviceSlug", w.generation as epoch, r.generation, r.role,
      l.spec, l.sealed_env as "sealedEnv", l.sealed_files as "sealedFiles"
    from clusters.replicas r
    join clusters.workloads w on w.id = r.workload_id
    join clusters.releases l on l.workload_id = r.workload_id and l.generation = r.generation
    where r.node_id = ${nodeId}
    order by r.id`;
  return rows.map(({ spec, ...row }) => ({ ...row, spec: parseSpec(spec) }));
};

const Command = z.array(z.string());

const readRuns = async (sql: Db, nodeId: NodeId): Promise<WantedRun[]> => {
  const rows = await sql<(Omit<WantedRun, "spec" | "command"> & { spec: unknown; command: unknown })[]>`
    select r.id, r.workload_id as "workloadId", r.organisation_id as "organisationId", r.project_id as "projectId",
      r.project_slug as "projectSlug", r.service_slug as "serviceSlug", coalesce(w.generation, 1) as epoch, r.spec,
      r.sealed_env as "sealedEnv", r.sealed_files as "sealedFiles", r.command, r.timeout_seconds as "timeoutSeconds",
      r.finished_at is not null as "hasEnded", coalesce(coalesce(w.volume_node_id, r.wanted_node_id) = r.node_id, false) as "hasVolumes"
    from clusters.runs r
    left join clusters.workloads w on w.id = r.workload_id
    where r.node_id = ${nodeId} and r.gone_at is null
    order by r.id`;
  return rows.map(({ spec, command, ...row }) => ({ ...row, spec: parseSpec(spec), command: Command.parse(command) }));
};

/** Of releases that only runs are made of, where these may run. */
const readImages = async (sql: Db, nodeId: NodeId): Promise<ImageRef[]> => {
  const rows = await sql<{ image: unknown }[]>`
    select l.spec -> 'image' as image
    from clusters.releases l
    join clusters.workloads w on w.id = l.workload_id and w.serving_generation = l.generation
    where l.spec ->> 'kind' = 'cron' and coalesce(w.volume_node_id, w.pinned_node_id, ${nodeId}) = ${nodeId}
    order by w.serving_since desc, w.id
    limit ${MAX_IMAGES}`;
  return rows.map(({ image }) => ImageRef.parse(image));
};
