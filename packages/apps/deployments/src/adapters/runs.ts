import { contract } from "@homeport/clusters/contract.ts";
import type { AppContext } from "@homeport/kit/app.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { RunState, Runs } from "../ports.ts";
import { reasonOf } from "../reason.ts";
import { calling } from "./calling.ts";
import { toWorkloadRelease } from "./workload-release.ts";

/** One-off commands run by the clusters app. */
export const clusterRuns = (context: Pick<AppContext, "client" | "signal">): Runs => {
  const clusters = context.client(contract, "clusters");
  const call = calling(context.signal);
  return {
    async put(runId, wanted, command, timeoutSeconds) {
      const { service } = wanted;
      const run = await call((options) =>
        clusters.runs.create(
          {
            runId,
            workloadId: service.workloadId,
            organisationId: service.organisationId,
            projectId: service.projectId,
            projectSlug: service.projectSlug,
            serviceSlug: service.slug,
            release: toWorkloadRelease(wanted),
            command,
            timeoutSeconds,
            ...(wanted.nodeId === null ? {} : { nodeId: wanted.nodeId }),
          },
          options,
        ),
      );
      return toRunState(run);
    },
    async cancel(runId) {
      try {
        return toRunState(await call((options) => clusters.runs.cancel({ runId }, options)));
      } catch (err) {
        if (err instanceof DomainError && err.code === "not_found") return { state: "cancelled" }; // it never began
        throw err;
      }
    },
  };
};

type Run = {
  state: "pending" | "running" | "succeeded" | "failed" | "cancelled";
  exitCode: number | null;
  startedAt: string | null;
  reason: Extract<RunState, { state: "failed" }>["reason"] | null;
};

const toRunState = ({ state, exitCode, startedAt, reason }: Run): RunState => {
  if (state === "pending" || state === "running") {
    return { state: "underway", ...(startedAt === null ? {} : { startedAt: new Date(startedAt) }) };
  }
  if (state !== "failed") return { state };
  const { code, message, ...details } = reason ?? { code: "unknown", message: "" };
  const ended = exitCode === null ? {} : { exitCode };
  return { state, reason: reasonOf(code, message, { ...ended, ...details }) };
};
