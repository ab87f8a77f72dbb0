/** The output of a program that ended well. @throws {Error} with its last words otherwise */
export const run = async (argv: readonly string[], timeoutMs = 30_000): Promise<string> => {
  const child = Bun.spawn([...argv], { stdin: "ignore", stdout: "pipe", stderr: "pipe", timeout: timeoutMs });
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) === 0) return output;
  throw new Error(`${argv.join(" ")} failed (${child.exitCode ?? child.signalCode}): ${errors.trim().slice(-500)}`);
};

/** The same where failing is fine, as when something is already gone. */
export const tryRun = async (argv: readonly string[]): Promise<boolean> => {
  const child = Bun.spawn([...argv], { stdin: "ignore", stdout: "ignore", stderr: "ignore", timeout: 30_000 });
  return (await child.exited) === 0;
};

/** The output of a program, or null when it is not installed or fails. */
export const tryRead = async (argv: readonly string[]): Promise<string | null> => {
  if (Bun.which(argv[0] ?? "") === null) return null;
  return run(argv).catch(() => null);
};
