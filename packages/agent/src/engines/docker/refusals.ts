import type { DesiredReplica } from "@homeport/clusters/contract.ts";
import { ReplicaFailure } from "../../failure.ts";
import { statusOf, textOf } from "./calls.ts";
import { containerName } from "./containers.ts";

/** What the engine's refusals mean for whoever deployed the service. It has codes for few of them, and words for all. */

/** What can be wrong with an image is only told when a container is made of it. */
export const createFailure = (err: unknown): unknown => {
  if (statusOf(err) === 400 && /no command specified/i.test(textOf(err))) {
    const message = "There is no start command: neither the image nor the service names one.";
    return new ReplicaFailure({ code: "no_command", message }, { retryable: false, cause: err });
  }
  if (statusOf(err) === 404 && /no such image/i.test(textOf(err))) {
    const message =
      "The image was removed from the node before the service could be started with it; it is pulled again.";
    return new ReplicaFailure({ code: "image_not_found", message }, { retryable: true, cause: err });
  }
  return err;
};

export const nameTaken = (replica: DesiredReplica): ReplicaFailure => {
  const message = `A container named ${containerName(replica)} exists on the node and is not Homeport's.`;
  return new ReplicaFailure({ code: "name_taken", message }, { retryable: false });
};

/** What Docker says of a folder that its own machine does not have. */
export const isSourceMissing = (err: unknown): boolean => /bind source path does not exist/.test(textOf(err));

export const filesOutOfReach = (cause?: unknown): ReplicaFailure => {
  const message =
    "The Docker engine cannot see the node's files: secret groups can be files only where the agent runs on the engine's machine, outside of a container. Attach them as variables.";
  return new ReplicaFailure({ code: "files_unsupported", message }, { retryable: false, cause });
};

/** The engine says in words only why a process could not be started; these two are the tenant's to mend. */
export const startFailure = (err: unknown): unknown => {
  const text = textOf(err);
  if (statusOf(err) === null) return err;
  if (/exec format error/i.test(text)) {
    const message =
      "The start command is made for another kind of machine, or is a script without a first line that names its interpreter.";
    return new ReplicaFailure({ code: "image_wrong_platform", message }, { retryable: false, cause: err });
  }
  if (/no space left on device/i.test(text)) {
    const message = "The service could not be started because the disk of the Docker engine on this node is full.";
    return new ReplicaFailure({ code: "disk_full", message }, { retryable: true, cause: err });
  }
  if (/executable file not found|no such file or directory/i.test(text)) {
    const message = "The start command was not found in the image (exit code 127).";
    return new ReplicaFailure({ code: "crashed", message, exitCode: 127 }, { retryable: false, cause: err });
  }
  if (/permission denied/i.test(text)) {
    const message = "The start command is not executable (exit code 126).";
    return new ReplicaFailure({ code: "crashed", message, exitCode: 126 }, { retryable: false, cause: err });
  }
  const message = `Docker could not start the service: ${text.slice(0, 500)}`;
  return new ReplicaFailure(
    { code: "start_failed", message },
    { retryable: (statusOf(err) ?? 500) >= 500, cause: err },
  );
};
