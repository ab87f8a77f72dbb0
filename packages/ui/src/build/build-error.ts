/** Something in the sources that a person must change; its message says what and where. Everything else is a defect of the builder. */
export class BuildError extends Error {
  override name = "BuildError";
}

/** Throws all problems at once, so that they are fixed in one go. */
export function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new BuildError(problems.map((problem) => `- ${problem}`).join("\n"));
}

/** What the bundler says, each with its place. */
export function fromBundler(logs: readonly (BuildMessage | ResolveMessage)[]): BuildError {
  const lines = logs.map(({ message, position }) =>
    position === null ? message : `${position.file}:${position.line}:${position.column}: ${message}`,
  );
  return new BuildError(lines.join("\n"));
}
