import { BuildFailure } from "../build-failure.ts";

/** The two ways in which a Dockerfile is turned down before any builder sees it. `line` is where, from 1. */
export const refuse = {
  /** It cannot be read, or not in one way only. `what` follows "…: ". */
  invalid: (line: number, what: string): BuildFailure =>
    new BuildFailure("dockerfile_invalid", `The Dockerfile cannot be read: line ${line}: ${what}.`),

  /** It asks for what no build gets here. `why` is a sentence that says what to do instead. */
  notAllowed: (line: number, why: string): BuildFailure =>
    new BuildFailure(
      "dockerfile_refused",
      `The Dockerfile asks for what builds do not get here, in line ${line}: ${why}`,
    ),
};
