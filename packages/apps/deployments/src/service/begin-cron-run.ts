import type { Tx } from "@homeport/kit/db/connect.ts";
import { newId, type RunId } from "@homeport/kit/ids.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import type { Initiator } from "../actor.ts";
import { admitRun } from "../cron.ts";
import { reasonOf } from "../reason.ts";
import type { Release } from "../release.ts";
import { cronCommand, maskArgv } from "../run.ts";
import { type Service, settingsOf } from "../service.ts";
import { findSealedParts } from "../store/releases.ts";
import { countUnfinished, forgetOldRuns, insertRun, type NewRun, requestRunCancel } from "../store/runs.ts";
import { openReleaseEnv } from "./env.ts";
import { emitRun } from "./run-events.ts";
import { sealArgv } from "./run-seals.ts";

export type Beginning = { service: Service; release: Release; scheduledFor: Date | null; createdBy: Initiator };

/**
 * Writes a run of a cron service, or why there is none: the service's workload is locked, or its schedule, so that no two
 * begin at once. Null when this time of its schedule was run already.
 */
export const beginCronRun = async (tx: Tx, keys: Keyring, beginning: Beginning): Promise<RunId | null> => {
  const { service, release, scheduledFor, createdBy } = beginning;
  const { organisationId, workloadId } = service;
  const settings = settingsOf(service);
  const id = newId<RunId>();
  const argv = cronCommand(release);
  const { start, cancelOthers } = admitRun(settings, await countUnfinished(tx, workloadId, "cron"));
  const over: NewRun["over"] = !start
    ? { state: "skipped", reason: reasonOf("still_running", "The run before it was not over.") }
    : argv === null
      ? { state: "failed", reason: reasonOf("no_command", "Nobody knows what to run: set the start command.") }
      : undefined;
  const sealed = await findSealedParts(tx, release.id);
  const env = sealed === null ? {} : openReleaseEnv(keys, release, sealed.env);
  if (start && cancelOthers) await requestRunCancel(tx, workloadId, "cron");
  const isNew = await insertRun(tx, {
    id,
    organisationId,
    workloadId,
    releaseId: release.id,
    releaseNumber: release.number,
    kind: "cron",
    scheduledFor,
    command: maskArgv(argv ?? [], env),
    argvSealed: over === undefined && argv !== null ? sealArgv(keys, { organisationId, id }, argv) : null,
    timeoutSeconds: settings.cronTimeoutSeconds,
    createdBy,
    ...(over === undefined ? {} : { over }),
  });
  if (!isNew) return null;
  await emitRun(tx, over?.state ?? "queued", { id, kind: "cron", reason: over?.reason ?? null }, service, createdBy);
  if (over !== undefined) await forgetOldRuns(tx, workloadId, "cron");
  return id;
};
