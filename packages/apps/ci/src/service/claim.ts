import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import type { BuildSecrets, ListRefsSecrets } from "../contract/secrets.ts";
import type { BuildJob, ListRefsJob, RunningJob } from "../job.ts";
import { log } from "../log.ts";
import { endJob, type Taker, takeJob } from "../store/leases.ts";
import { openSecrets } from "../store/sealed-secrets.ts";
import { findSecrets } from "../store/secrets.ts";
import { tellChange } from "./tell-change.ts";

type Running<J> = Extract<J, { state: "running" }>;

/** A job that a runner holds now, with what it needs for it. */
export type Claimed = { leaseToken: string } & (
  | { kind: "build"; job: Running<BuildJob>; secrets: Secret<BuildSecrets> | null }
  | { kind: "list_refs"; job: Running<ListRefsJob>; secrets: Secret<ListRefsSecrets> | null }
);

export type ClaimParts = { sql: Sql; keys: Keyring; leaseSeconds: number; onLogWork: () => void };

/** Null when there is no job for this runner. */
export const takeOne = async (parts: ClaimParts, taker: Taker): Promise<Claimed | null> => {
  for (;;) {
    const taken = await parts.sql.begin((tx) => takeWithSecrets(tx, parts, taker));
    if (taken !== "unreadable") return taken;
    parts.onLogWork(); // of the job that ended
  }
};

/**
 * A job whose secrets do not open (its key is gone, its row was altered) ends here: given to a runner without them it
 * would fail for a reason that is not true, and left in the queue it would stand before all others.
 */
const takeWithSecrets = async (
  tx: Tx,
  { keys, leaseSeconds }: ClaimParts,
  taker: Taker,
): Promise<Claimed | null | "unreadable"> => {
  const taken = await takeJob(tx, taker, leaseSeconds);
  if (taken === null) return null;
  const { job, leaseToken } = taken;
  const claimed = openClaim(keys, job, leaseToken, await findSecrets(tx, job));
  if (claimed !== null) {
    await tellChange(tx, job);
    return claimed;
  }
  const reason = { code: "secrets_unreadable", message: "The secrets of this job cannot be read any more. Try again." };
  const ended = await endJob(tx, { jobId: job.id, leaseToken, runnerId: taker.runnerId }, { reason, retry: false });
  if (ended !== null) await tellChange(tx, ended);
  return "unreadable";
};

/** Null when there are secrets and they do not open. */
const openClaim = (keys: Keyring, job: RunningJob, leaseToken: string, sealed: Uint8Array | null): Claimed | null => {
  try {
    return withSecrets(keys, job, leaseToken, sealed);
  } catch (err) {
    log.error({ err, jobId: job.id }, "the secrets of a job do not open");
    return null;
  }
};

const withSecrets = (keys: Keyring, job: RunningJob, leaseToken: string, sealed: Uint8Array | null): Claimed => {
  switch (job.kind) {
    case "build":
      return { kind: job.kind, job, leaseToken, secrets: sealed === null ? null : openSecrets(keys, job, sealed) };
    case "list_refs":
      return { kind: job.kind, job, leaseToken, secrets: sealed === null ? null : openSecrets(keys, job, sealed) };
  }
};
