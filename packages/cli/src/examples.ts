import type { Command } from "commander";

/** Ends a command's help with lines to copy. */
export const withExamples = (command: Command, ...lines: string[]): Command =>
  command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`);
