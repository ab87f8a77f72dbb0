import type { Tx } from "@homeport/kit/db/connect.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { Figures } from "../store/measurements.ts";
import type { ReleaseSpec, Workload } from "../workload.ts";

type Owner = Pick<Workload, "id" | "organisationId" | "projectId">;

/** What became of a rollout, in the transaction that made it so. */
export const emitRollout = (
  tx: Tx,
  what: "started" | "succeeded" | "failed" | "aborted" | "superseded",
  workload: Owner & Pick<Workload, "generation">,
  release: ReleaseSpec | undefined,
  more: Record<string, unknown> = {},
): Promise<string> =>
  emitOf(tx, `clusters.rollout.${what}`, workload, {
    generation: workload.generation,
    releaseId: release?.releaseId ?? null,
    releaseNumber: release?.number ?? null,
    ...more,
  });

/** What gateways counted while a rollout changed the routes; null when not every one of them could be read. */
export const emitSettled = (tx: Tx, workload: Owner, generation: number, figures: Figures): Promise<string> =>
  emitOf(tx, "clusters.rollout.settled", workload, {
    generation,
    requests: figures?.requests ?? null,
    failedRequests: figures?.failedRequests ?? null,
  });

export const emitRemoved = (tx: Tx, workload: Owner): Promise<string> =>
  emitOf(tx, "clusters.workload.removed", workload, {});

const emitOf = (tx: Tx, type: string, workload: Owner, data: Record<string, unknown>): Promise<string> =>
  emit(tx, {
    type,
    source: "clusters",
    subject: workload.id,
    organisationId: workload.organisationId,
    projectId: workload.projectId,
    data: { workloadId: workload.id, ...data },
  });
