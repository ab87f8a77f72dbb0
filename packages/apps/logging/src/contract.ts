import { Instant, route } from "@homeport/kit/contract.ts";
import { z } from "zod";

/** `build.<job id>`, `runtime.<workload id>` or `run.<run id>`. */
export const StreamId = z
  .string()
  .regex(
    /^(build|runtime|run)\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
    "must be build.<id>, runtime.<id> or run.<id>",
  );

/** One line as everybody reads it. `n` counts from 1 and has no gaps within what is kept. */
export const LogLine = z.object({
  n: z.number().int(),
  at: Instant,
  stream: z.enum(["stdout", "stderr"]),
  replica: z.string().optional(),
  text: z.string(),
});

/** One line as a writer sends it: a line of NDJSON. */
export const AppendLine = z.object({
  at: Instant,
  stream: z.enum(["stdout", "stderr"]),
  replica: z.string().max(64).optional(),
  text: z.string(),
});

const Stream = z.object({
  streamId: StreamId,
  kind: z.enum(["build", "runtime", "run"]),
  organisationId: z.uuid(),
  projectId: z.uuid(),
  serviceId: z.uuid().nullable(),
  /** The oldest line that is kept; lastLine + 1 when none is. */
  firstLine: z.number().int(),
  /** 0 before the first line. */
  lastLine: z.number().int(),
  /** What it takes on disk. */
  sizeBytes: z.number().int(),
  /** Lines that were refused because the log was too large. */
  droppedLines: z.number().int(),
  createdAt: Instant,
  endedAt: Instant.nullable(),
});

const LineNumber = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const MAX_LINES_PER_READ = 1000;

export const LinesQuery = z.object({
  stream: StreamId,
  /** The last lines with a number below this one. */
  before: LineNumber.optional(),
  /** The first lines with a number above this one. Without either: the newest. */
  after: LineNumber.optional(),
  limit: z.coerce.number().int().min(1).max(MAX_LINES_PER_READ).default(MAX_LINES_PER_READ),
  /** Only lines with this text, whatever its case; colour codes are passed over. */
  q: z.string().min(1).max(200).optional(),
  from: Instant.optional(),
  to: Instant.optional(),
});

const StreamPath = z.object({ stream: StreamId });

export const contract = {
  streams: {
    create: route({
      method: "POST",
      path: "/streams",
      action: "log:manage",
      resource: "platform",
      summary: "Make a log stream for its owner; once is enough, twice is fine",
      input: z.strictObject({
        streamId: StreamId,
        organisationId: z.uuid(),
        projectId: z.uuid(),
        serviceId: z.uuid().optional(),
        environmentId: z.uuid().optional(),
      }),
      output: Stream,
      status: 201,
    }),
    get: route({
      method: "GET",
      path: "/streams/{stream}",
      action: "log:read",
      resource: "stream",
      summary: "Say how much of a log there is",
      input: StreamPath,
      output: Stream,
    }),
    lines: route({
      method: "GET",
      path: "/streams/{stream}/lines",
      action: "log:read",
      resource: "stream",
      summary: "Read or search lines of a log",
      input: LinesQuery,
      output: z.object({
        lines: z.array(LogLine).describe("Ascending; none means that there are no more in this direction"),
        scannedTo: z
          .number()
          .int()
          .optional()
          .describe("A search looked as far as here and stopped; go on with before= or after= this number"),
      }),
    }),
    end: route({
      method: "POST",
      path: "/streams/{stream}/end",
      action: "log:end",
      resource: "stream",
      summary: "Say that a log is complete",
      input: StreamPath,
      output: Stream,
    }),
  },
};

export type LogLine = z.infer<typeof LogLine>;
export type AppendLine = z.infer<typeof AppendLine>;
export type LinesQuery = z.infer<typeof LinesQuery>;
export type StreamView = z.infer<typeof Stream>;
