import type { Reason } from "@homeport/clusters/contract.ts";
import { DomainError } from "@homeport/kit/errors.ts";

/** A replica that could not be started, with the reason people will read. */
export class ReplicaFailure extends DomainError {
  readonly reason: Reason;
  /** Whether trying again later can help: a registry that is down, yes; an image that does not exist, no. */
  readonly retryable: boolean;

  constructor(reason: Reason, options: { retryable: boolean; cause?: unknown }) {
    super(options.retryable ? "unavailable" : "unprocessable", reason.message, { cause: options.cause });
    this.name = "ReplicaFailure";
    this.reason = reason;
    this.retryable = options.retryable;
  }
}

/** Two replicas of one workload would write to the same volumes. Whoever asks tries again when the other has ended. */
export const volumeInUse = (otherId: string): ReplicaFailure => {
  const message = `Another replica of this service (${otherId}) still runs on this node and writes to the same volumes; this one starts when that one has ended.`;
  return new ReplicaFailure({ code: "volume_in_use", message }, { retryable: true });
};

export const replicaNotRunning = (): ReplicaFailure =>
  new ReplicaFailure(
    { code: "replica_not_running", message: "The replica does not run any more." },
    { retryable: true },
  );

export const noShell = (): ReplicaFailure => {
  const message = "The image has neither /bin/bash nor /bin/sh. Name a program that it has, after --.";
  return new ReplicaFailure({ code: "no_shell", message }, { retryable: false });
};

/** What went wrong as a Reason, whatever was thrown; the text of an unknown error is for the log, not for people. */
export const reasonOf = (err: unknown): Reason => {
  if (err instanceof ReplicaFailure) return err.reason;
  if (err instanceof DomainError) return { code: err.code, message: err.message };
  return { code: "engine_error", message: "The node could not start the service because of an internal error." };
};

/** Unknown errors count as passing troubles: giving up on them would turn a hiccup into a failed deploy. */
export const isRetryable = (err: unknown): boolean => {
  if (err instanceof ReplicaFailure) return err.retryable;
  return !(err instanceof DomainError) || err.code === "unavailable";
};
