import { createInterface } from "node:readline/promises";
import { note } from "./output.ts";
import { UnmetError, UsageError } from "./usage-error.ts";

/**
 * Asks for the name of what is going to be lost, unless --yes was given.
 *
 * @throws {UsageError} where nobody can be asked; {UnmetError} for another answer
 */
export const confirmName = async (name: string, consequence: string, yes: boolean | undefined): Promise<void> => {
  if (yes === true) return;
  if (!process.stdin.isTTY) throw new UsageError(`${consequence} Add --yes when that is what you want.`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${consequence} Type ${name} to go on: `);
    if (answer.trim() === name) return;
  } finally {
    terminal.close();
  }
  note("Nothing was changed.");
  throw new UnmetError();
};
