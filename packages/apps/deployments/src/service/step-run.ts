import { DomainError } from "@homeport/kit/errors.ts";
import type { RunState } from "../ports.ts";
import type { Service } from "../service.ts";
import { type ClaimedRun, finishRun, forgetOldRuns, type RunEnd, setRunStarted } from "../store/runs.ts";
import { getServiceOfWorkload } from "../store/services.ts";
import { reasonToFail } from "./reason-to-fail.ts";
import { emitRun } from "./run-events.ts";
import { openArgv } from "./run-seals.ts";
import { POLL_MS, type StepContext } from "./step-context.ts";
import { openRelease } from "./wanted-release.ts";

export type RunContext = Pick<StepContext, "sql" | "keys" | "baseDomain" | "outside">;

/**
 * Looks at a run, asks for it to be started or stopped, and writes what became of it under the lease. Every call may be
 * repeated. How long until the next look, in milliseconds.
 *
 * @throws what went wrong, when it is to be tried again
 */
export const stepRun = async (context: RunContext, run: ClaimedRun): Promise<number> => {
  const service = await getServiceOfWorkload(context.sql, run.workloadId);
  if (service === null) return POLL_MS; // the row goes with it
  const state = await ask(context, run, service).catch((err: unknown): RunState => {
    const reason = reasonToFail(err, run.attempt);
    if (reason === null) throw err;
    return { state: "failed", reason };
  });
  if (state.state !== "underway") {
    await end(context, run, service, state);
  } else if (run.state === "pending" && state.startedAt !== undefined) {
    const { startedAt } = state;
    await context.sql.begin(async (tx) => {
      if (await setRunStarted(tx, run, startedAt)) await emitRun(tx, "started", run, service, run.createdBy);
    });
  }
  return POLL_MS;
};

const ask = async (context: RunContext, run: ClaimedRun, service: Service): Promise<RunState> => {
  const { keys, outside } = context;
  if (run.cancelRequestedAt !== null) return outside.runs.cancel(run.id);
  const wanted = await openRelease(context, service, run.releaseId);
  if (wanted === null || wanted.release.collectedAt !== null)
    throw new DomainError("conflict", "Its release is not kept any more.");
  await outside.logs.openRun(run.id, service);
  return outside.runs.put(run.id, wanted, openArgv(keys, run, run.argvSealed), run.timeoutSeconds);
};

const end = async (
  { sql }: RunContext,
  run: ClaimedRun,
  service: Service,
  outcome: Exclude<RunState, { state: "underway" }>,
): Promise<void> => {
  const ended = endOf(outcome);
  await sql.begin(async (tx) => {
    if (!(await finishRun(tx, run, ended))) return; // somebody else has it, and tells of it
    await emitRun(tx, ended.state, { ...run, reason: ended.reason }, service, run.createdBy);
    await forgetOldRuns(tx, run.workloadId, run.kind);
  });
};

const endOf = (outcome: Exclude<RunState, { state: "underway" }>): RunEnd => {
  switch (outcome.state) {
    case "succeeded":
      return { state: "succeeded", exitCode: 0, reason: null };
    case "failed":
      return { state: "failed", exitCode: outcome.reason.exitCode ?? null, reason: outcome.reason };
    case "cancelled":
      return { state: "cancelled", exitCode: null, reason: null };
  }
};
