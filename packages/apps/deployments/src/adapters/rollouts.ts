import { contract } from "@homeport/clusters/contract.ts";
import type { AppContext } from "@homeport/kit/app.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { RolloutState, Rollouts } from "../ports.ts";
import { reasonOf } from "../reason.ts";
import { calling } from "./calling.ts";
import { toWorkloadRelease } from "./workload-release.ts";

/** Rollouts by the clusters app. */
export const clusterRollouts = (context: Pick<AppContext, "client" | "signal">): Rollouts => {
  const clusters = context.client(contract, "clusters");
  const call = calling(context.signal);
  return {
    async put(workloadId, generation, wanted) {
      const { service } = wanted;
      const { rollout } = await call((options) =>
        clusters.workloads.put(
          {
            workloadId,
            generation,
            release: toWorkloadRelease(wanted),
            organisationId: service.organisationId,
            projectId: service.projectId,
            projectSlug: service.projectSlug,
            serviceSlug: service.slug,
            ...(wanted.nodeId === null ? {} : { nodeId: wanted.nodeId }),
          },
          options,
        ),
      );
      return toRolloutState(rollout, generation);
    },
    async abort(workloadId, generation) {
      try {
        const { rollout } = await call((options) => clusters.workloads.abort({ workloadId, generation }, options));
        // A lower one stands there: ours did not arrive, and will be refused when it does.
        return rollout.generation < generation ? { state: "aborted" } : toRolloutState(rollout, generation);
      } catch (err) {
        if (err instanceof DomainError && err.code === "not_found") return { state: "aborted" }; // nothing ever ran there
        throw err;
      }
    },
    async remove(workloadId) {
      await call((options) => clusters.workloads.remove({ workloadId }, options));
    },
    async buildOutput() {
      const { items } = await call((options) => clusters.nodes.list({ limit: 100 }, options));
      const [node] = items.filter((each) => each.state === "online");
      if (node === undefined) throw new DomainError("unavailable", "No node is online to run anything.");
      return node.engine === "process" ? "process" : "container";
    },
  };
};

type Rollout = {
  generation: number;
  state: "running" | "switching" | "succeeded" | "failed" | "aborted";
  reason?: Extract<RolloutState, { state: "failed" }>["reason"] | undefined;
};

const toRolloutState = (rollout: Rollout, generation: number): RolloutState => {
  if (rollout.generation > generation) return { state: "aborted" }; // a newer one took its place
  if (rollout.generation < generation || rollout.state === "running" || rollout.state === "switching") {
    return { state: "underway" };
  }
  if (rollout.state !== "failed") return { state: rollout.state };
  const { code, message, ...details } = rollout.reason ?? { code: "unknown", message: "" };
  return { state: "failed", reason: reasonOf(code, message, details) };
};
