import { UsageError } from "./usage-error.ts";

/** All of standard input. @throws {UsageError} when that is a keyboard: what is typed there would be seen */
export const readStdin = async (option: string): Promise<string> => {
  if (process.stdin.isTTY) throw new UsageError(`${option} reads standard input: send it there with < FILE or a pipe.`);
  return await new Response(Bun.stdin.stream()).text();
};
