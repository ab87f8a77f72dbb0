import { MAX_TERMINAL_SIDE } from "@homeport/kit/terminal-frames.ts";
import { z } from "zod";
import { MAX_REPLICAS } from "./release.ts";

const plain = z
  .string()
  .max(8_192)
  .refine((text) => !text.includes("\0"), "must not contain NUL");

/** A program and its arguments, as they are. */
export const ShellCommand = z.array(plain).min(1).max(256);

export const TerminalSide = z.number().int().min(1).max(MAX_TERMINAL_SIDE);

const ofShell = {
  /** A shell of the image or the machine when absent. */
  command: ShellCommand.optional(),
  columns: TerminalSide,
  rows: TerminalSide,
};

/** A terminal in one replica, as its agent is told of it: it comes for it once, by the socket of agents. */
export const DesiredShell = z.object({ id: z.uuid(), replicaId: z.uuid(), ...ofShell });
export type DesiredShell = z.infer<typeof DesiredShell>;

export const OpenShell = z.strictObject({
  shellId: z.uuid(),
  workloadId: z.uuid(),
  /** The number of a replica; when absent the first that runs, of the release with the traffic if it can be. */
  replica: z
    .number()
    .int()
    .min(0)
    .max(MAX_REPLICAS - 1)
    .optional(),
  ...ofShell,
});
export type OpenShell = z.infer<typeof OpenShell>;

export const ShellView = z.object({
  shellId: z.uuid(),
  replicaId: z.uuid(),
  /** The number of the replica. */
  replica: z.number().int(),
  releaseNumber: z.number().int(),
  nodeId: z.uuid(),
});
export type ShellView = z.infer<typeof ShellView>;
