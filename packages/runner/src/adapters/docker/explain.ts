import { BuildFailure } from "../../build-failure.ts";
import { EngineError } from "./progress.ts";

const messageOf = (err: unknown): string => (err instanceof Error ? err.message : String(err));

/** The engine wraps its errors in where they passed through. */
const WRAPPING =
  /^(\(HTTP code \d+\) [a-z ]+ - |failed to solve( with frontend [\w.]+)?: |failed to create LLB definition: |rpc error: code = \w+ desc = )+/;

const EXIT_CODE = /returned a non-zero code: (\d+)|exit code: (\d+)/;
const PARSE_ERROR =
  /dockerfile parse error|unknown instruction|failed to parse|file with no instructions|cannot be empty|no build stage|invalid reference format|unknown flag|requires (at least|exactly)|invalid from flag value|circular dependency/i;
const MISSING_IMAGE =
  /pull access denied|manifest (for .* )?(unknown|not found)|no such image|lookup .*: (no such host|server misbehaving)|dial tcp|Client\.Timeout|TLS handshake|failed to resolve|failed to do request|failed to authorize|no basic auth credentials|authorization failed|unauthorized|requested access to the resource is denied|unexpected status/i;
const IMAGE_NAME = /(?:denied for |manifest for |\/v2\/)([\w./-]+?)(?:\/manifests\/([\w.:-]+))?(?:,|"|:\s| not |\s|$)/;

/** What went wrong in a build, in words for people. `step` is the one that ran when it went wrong. */
export const explainBuild = (err: unknown, step: { name: string | null; lines: readonly string[] }): BuildFailure => {
  if (err instanceof BuildFailure) return err;
  const message = messageOf(err).trim().replace(WRAPPING, "");
  const details = { lastLines: step.lines, cause: err };
  if (!(err instanceof EngineError) && statusOf(err) === null) {
    return new BuildFailure(
      "engine_unavailable",
      "The container engine does not answer, or broke off the build.",
      details,
    );
  }
  const code = EXIT_CODE.exec(message);
  if (code !== null) {
    const exitCode = Number(code[1] ?? code[2]);
    const command = step.name ?? message;
    return new BuildFailure(
      "build_step_failed",
      `A step of the Dockerfile failed with exit code ${exitCode}: ${command.slice(0, 500)}`,
      { ...details, exitCode },
    );
  }
  if (PARSE_ERROR.test(message)) {
    return new BuildFailure("dockerfile_invalid", `The Dockerfile cannot be read: ${message.slice(0, 600)}`, details);
  }
  if (MISSING_IMAGE.test(message)) {
    return new BuildFailure(
      "base_image_missing",
      `${describeImage(message, step.name)} cannot be fetched: ${message.slice(0, 500)}`,
      details,
    );
  }
  const where = step.name === null ? "" : ` (${step.name.slice(0, 300)})`;
  return new BuildFailure(
    "build_step_failed",
    `A step of the Dockerfile failed${where}: ${message.slice(0, 600)}`,
    details,
  );
};

const describeImage = (message: string, step: string | null): string => {
  const from = /^FROM (?:--platform=\S+ )?(\S+)/i.exec(step ?? "")?.[1] ?? /metadata for (\S+)/.exec(step ?? "")?.[1];
  const name = from ?? IMAGE_NAME.exec(message)?.[1];
  return name === undefined || name === "" ? "An image that the Dockerfile starts from" : `The image ${name}`;
};

export const explainPush = (err: unknown): BuildFailure => {
  if (err instanceof BuildFailure) return err;
  const answered = err instanceof EngineError || statusOf(err) !== null;
  const message = answered ? messageOf(err).slice(0, 500) : "the container engine does not answer";
  return new BuildFailure("push_failed", `The image could not be pushed: ${message}`, { cause: err });
};

export const statusOf = (err: unknown): number | null =>
  typeof err === "object" && err !== null && "statusCode" in err && typeof err.statusCode === "number"
    ? err.statusCode
    : null;
