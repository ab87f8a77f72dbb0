import { BuildFailure } from "../../build-failure.ts";
import { statusOf } from "./image-engine.ts";
import { EngineError } from "./progress.ts";

const messageOf = (err: unknown): string => (err instanceof Error ? err.message : String(err));

const PARSE_ERROR = /dockerfile parse error|unknown instruction|failed to parse|file with no instructions|no build stage|invalid reference format|Unknown flag|requires (at least|exactly)/i;
const MISSING_IMAGE = /pull access denied for ([^\s,]+)|manifest for ([^\s]+) not found|manifest unknown|no such image|(?:lookup|dial tcp|Client\.Timeout|connection refused|i\/o timeout).*|failed to resolve/i;
const STEP_FAILED = /The command '(.+)' returned a non-zero code: (\d+)/s;

/** What went wrong in a build, in words for people. */
export const explainBuild = (err: unknown, lastLines: readonly string[]): BuildFailure => {
  if (err instanceof BuildFailure) return err;
  const message = messageOf(err).trim();
  const step = STEP_FAILED.exec(message);
  if (step !== null) {
    const [, command = "", code = ""] = step;
    return new BuildFailure("build_step_failed", `A step of the Dockerfile failed with exit code ${code}: ${command.slice(0, 400)}`, { exitCode: Number(code), lastLines, cause: err });
  }
  if (err instanceof EngineError || statusOf(err) !== null) {
    if (PARSE_ERROR.test(message)) return new BuildFailure("dockerfile_invalid", `The Dockerfile cannot be read: ${message.slice(0, 600)}`, { lastLines, cause: err });
    if (MISSING_IMAGE.test(message)) return new BuildFailure("base_image_missing", `An image that the Dockerfile starts from cannot be fetched: ${message.slice(0, 600)}`, { lastLines, cause: err });
    return new BuildFailure("build_step_failed", `The Dockerfile could not be built: ${message.slice(0, 800)}`, { lastLines, cause: err });
  }
  return new BuildFailure("engine_unavailable", "The container engine does not answer, or broke off the build.", { lastLines, cause: err });
};

export const explainPush = (err: unknown): BuildFailure =>
  err instanceof BuildFailure ? err : new BuildFailure("push_failed", `The image could not be pushed: ${messageOf(err).slice(0, 500)}`, { cause: err });
