import type { Tx } from "@homeport/kit/db/connect.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { Reason } from "../contract/release.ts";
import { reasonForEvent } from "../reason.ts";
import type { Run } from "../run.ts";

/** What became of a run, in the transaction that made it so. */
export const emitRun = (
  tx: Tx,
  what: "started" | "succeeded" | "failed" | "cancelled",
  run: Run,
  reason: Reason | null = null,
): Promise<string> =>
  emit(tx, {
    type: `clusters.run.${what}`,
    source: "clusters",
    subject: run.id,
    organisationId: run.organisationId,
    projectId: run.projectId,
    data: {
      runId: run.id,
      workloadId: run.workloadId,
      ...(what === "succeeded" || what === "failed" ? { exitCode: run.exitCode } : {}),
      ...(reason === null ? {} : { reason: reasonForEvent(reason) }),
    },
  });
