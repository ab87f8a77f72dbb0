import type { Reason } from "./build-spec.ts";

/** Every way a build can fail, for programs; the sentence beside it is for people. */
export type FailureCode =
  | "source_invalid"
  | "repository_unreachable"
  | "repository_private"
  | "credential_refused"
  | "host_key_refused"
  | "repository_too_large"
  | "ref_not_found"
  | "upload_missing"
  | "archive_invalid"
  | "archive_too_large"
  | "root_directory_missing"
  | "nothing_detected"
  | "package_json_invalid"
  | "toolchain_missing"
  | "start_command_missing"
  | "install_failed"
  | "build_failed"
  | "output_missing"
  | "dockerfile_missing"
  | "dockerfile_invalid"
  | "dockerfile_refused"
  | "build_step_failed"
  | "base_image_missing"
  | "needs_container_engine"
  | "engine_unavailable"
  | "build_secrets_unsupported"
  | "sandbox_unavailable"
  | "push_failed"
  | "image_too_large"
  | "workspace_too_large"
  | "timed_out"
  | "cancelled"
  | "runner_stopped"
  | "internal";

/** Bounds of a Reason on the wire (the ci app's contract). */
const MAX_MESSAGE = 2000;
const MAX_LINES = 50;
const MAX_LINE = 2000;

/**
 * A build that cannot go on, and why. It is thrown inside the runner and turned into a value where a job ends: to the
 * platform a failed build is an outcome, not an error.
 */
export class BuildFailure extends Error {
  readonly reason: Reason & { code: FailureCode };

  constructor(code: FailureCode, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "BuildFailure";
    this.reason = {
      code,
      message: message.slice(0, MAX_MESSAGE),
      ...(typeof details.exitCode === "number" ? { exitCode: details.exitCode } : {}),
      ...(details.signal ? { signal: details.signal } : {}),
      ...(details.lastLines?.length ? { lastLines: boundLines(details.lastLines) } : {}),
    };
  }
}

export type FailureDetails = {
  exitCode?: number | null;
  signal?: string | null;
  lastLines?: readonly string[];
  cause?: unknown;
};

const boundLines = (lines: readonly string[]): string[] =>
  lines.slice(-MAX_LINES).map((line) => line.slice(0, MAX_LINE));
