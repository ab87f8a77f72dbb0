import type { Reason } from "@homeport/ci/contract.ts";
import type { OrganisationId, ReleaseId, RunId, WorkloadId } from "@homeport/kit/ids.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import type { Initiator } from "./actor.ts";
import { splitCommand } from "./argv.ts";
import { commandLine } from "./one-off-command.ts";
import type { Release } from "./release.ts";

export type OneOffState = "pending" | "running" | "succeeded" | "failed" | "cancelled" | "skipped";

/** A command that is run once in a release: somebody's, or a cron service's. */
export type OneOff = {
  id: RunId;
  organisationId: OrganisationId;
  workloadId: WorkloadId;
  releaseId: ReleaseId;
  releaseNumber: number;
  kind: "command" | "cron";
  /** Null for a run that somebody asked for. */
  scheduledFor: Date | null;
  /** Without values of variables. */
  command: string[];
  timeoutSeconds: number;
  state: OneOffState;
  exitCode: number | null;
  reason: Reason | null;
  createdBy: Initiator;
  cancelRequestedAt: Date | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
};

/** Of one workload and kind. Older ones go once they are over. */
export const MAX_KEPT_RUNS = 100;

/** Of one workload, begun by hand and not over. */
export const MAX_COMMANDS_AT_ONCE = 20;

/** Shorter values are no secrets, and hiding them would hide words that everybody writes. */
const MIN_MASKED = 6;
const MASK = "•••";

/** Arguments as everybody may read them: without the values of variables, of which nobody knows which are secret. */
export const maskArgv = (argv: readonly string[], env: Readonly<Record<string, Secret>>): string[] => {
  const values = Object.entries(env)
    .filter(([name]) => !name.startsWith("HOMEPORT_")) // the platform's own, which are addresses and names
    .map(([, value]) => value.reveal())
    .filter((value) => value.length >= MIN_MASKED)
    .sort((a, b) => b.length - a.length);
  return argv.map((word) => values.reduce((text, value) => text.replaceAll(value, MASK), word));
};

/** What a cron service runs; null when nobody knows, because only its image does. */
export const cronCommand = ({ settings, source }: Pick<Release, "settings" | "source">): string[] | null => {
  const { startCommand } = settings;
  if (startCommand !== undefined)
    return source.kind === "image" ? splitCommand(startCommand) : commandLine(startCommand);
  return source.startCommand ?? null;
};
