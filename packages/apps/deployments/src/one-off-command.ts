import { splitCommand } from "./argv.ts";

/** What only a shell understands: pipes, lists, redirections, expansions, patterns. */
const FOR_A_SHELL = /[|&;<>()$`*?[\]#~!{}\n]|^\s*\w+=/;

/**
 * The arguments of a one-off command. One that needs a shell is given to the one of its image, where it runs as the tenant;
 * any other is run as it is, so that images without a shell have one-off commands too.
 */
export const commandLine = (line: string): string[] =>
  FOR_A_SHELL.test(line) ? ["/bin/sh", "-c", line] : splitCommand(line);
