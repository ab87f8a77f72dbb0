import type { Reason } from "@homeport/clusters/contract.ts";
import { DomainError } from "@homeport/kit/errors.ts";

/** A task that could not be done, with the reason people will read. */
export class TaskFailure extends DomainError {
  readonly reason: Reason;

  constructor(code: string, message: string, cause?: unknown) {
    super("unprocessable", message, { cause });
    this.name = "TaskFailure";
    this.reason = { code, message };
  }
}

export const noSuchVolume = (): TaskFailure =>
  new TaskFailure("volume_not_found", "There is no such volume on this node: nothing was ever started with it here.");
