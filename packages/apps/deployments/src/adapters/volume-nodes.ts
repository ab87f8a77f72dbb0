import { contract } from "@homeport/clusters/contract.ts";
import type { AppContext } from "@homeport/kit/app.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { NodeId, ReleaseId, WorkloadId } from "@homeport/kit/ids.ts";
import type { VolumeNodes } from "../ports.ts";
import { reasonOf } from "../reason.ts";
import { calling } from "./calling.ts";

/** Of one removal; a node that is away for longer is asked again. */
const REMOVAL_SECONDS = 3_600;

/** Volumes on the nodes of the clusters app. */
export const clusterVolumeNodes = (context: Pick<AppContext, "client" | "signal">): VolumeNodes => {
  const clusters = context.client(contract, "clusters");
  const call = calling(context.signal);

  const replicasOf = async (workloadId: WorkloadId) => {
    try {
      return (await call((options) => clusters.workloads.get({ workloadId }, options))).replicas;
    } catch (err) {
      if (err instanceof DomainError && err.code === "not_found") return [];
      throw err;
    }
  };

  return {
    async choose(workloadId) {
      const { items } = await call((options) => clusters.nodes.list({ limit: 100 }, options));
      const here = new Set((await replicasOf(workloadId)).map(({ nodeId }) => nodeId));
      const [best] = items
        .filter(({ state }) => state === "online")
        .toSorted((a, b) => Number(here.has(b.nodeId)) - Number(here.has(a.nodeId)) || a.replicaCount - b.replicaCount);
      if (best === undefined) throw new DomainError("unavailable", "No node is online that could hold its volumes.");
      return best.nodeId as NodeId;
    },

    async listRunning(workloadId) {
      return (await replicasOf(workloadId)).map(({ releaseId }) => releaseId as ReleaseId);
    },

    async remove(taskId, nodeId, volumeId) {
      const spec = { kind: "volume.remove", volumeId } as const;
      try {
        const { state, reason } = await call((options) =>
          clusters.tasks.create({ taskId, nodeId, deadlineSeconds: REMOVAL_SECONDS, spec }, options),
        );
        if (state === "succeeded") return { state: "removed" };
        if (state !== "failed") return { state: "underway" };
        return { state, reason: reasonOf(reason?.code ?? "unknown", reason?.message ?? "") };
      } catch (err) {
        if (err instanceof DomainError && err.code === "not_found") return { state: "removed" };
        throw err;
      }
    },
  };
};
