import { ShellCommand } from "@homeport/clusters/contract.ts";
import { MAX_TERMINAL_SIDE } from "@homeport/kit/terminal-frames.ts";
import { z } from "zod";

const Reference = z.string().min(1).max(60);
const side = z.coerce.number().int().min(1).max(MAX_TERMINAL_SIDE);

/** An argument list as JSON text, since a query has no lists. */
const Command = z
  .string()
  .max(8_192)
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: "custom", message: "must be a JSON list of texts" });
      return z.NEVER;
    }
  })
  .pipe(ShellCommand);

/** Path and query of the socket of a shell. Its messages are binary, see kit's terminal-frames.ts. */
export const ShellSocketInput = z.object({
  project: Reference,
  service: Reference,
  /** Production unless given. */
  environment: Reference.optional(),
  /** The number of a replica, from 0; the first that runs unless given. */
  replica: z.coerce.number().int().min(0).max(49).optional(),
  columns: side.default(80),
  rows: side.default(24),
  /** /bin/bash unless given, else /bin/sh. */
  command: Command.optional(),
});
export type ShellSocketInput = z.infer<typeof ShellSocketInput>;
