import { z } from "zod";

/** One object of what the engine streams while it builds or pushes. */
const Progress = z.object({
  stream: z.string().optional(),
  status: z.string().optional(),
  id: z.string().optional(),
  error: z.string().optional(),
  errorDetail: z.object({ message: z.string().optional(), code: z.number().optional() }).optional(),
  /** A text is BuildKit's own progress, packed. */
  aux: z.union([z.string(), z.object({ ID: z.string().optional(), Digest: z.string().optional() })]).optional(),
});
export type Progress = z.infer<typeof Progress>;

/** What the engine reported as failed, in its own words; a stream that has one has failed. */
export class EngineError extends Error {
  readonly exitCode: number | null;

  constructor(message: string, exitCode: number | null = null) {
    super(message);
    this.name = "EngineError";
    this.exitCode = exitCode;
  }
}

/** A line longer than this is no progress of a build. */
const MAX_LINE = 8 * 1024 * 1024;

/**
 * Reads a progress stream to its end: one JSON object per line, none of them kept. An end without the engine's word
 * proves nothing, which is why callers ask the engine for the result. (dockerode's followProgress keeps all objects, and
 * takes a stream that was cut off for a success.)
 *
 * @throws {EngineError} as the engine reported it
 */
export const followProgress = async (
  stream: NodeJS.ReadableStream,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<void> => {
  const decoder = new TextDecoder();
  let text = "";
  let failure: EngineError | null = null;
  const take = (line: string): void => {
    if (line.trim() === "") return;
    const parsed = Progress.safeParse(parseJson(line));
    if (!parsed.success) return; // newer engines say more than we know
    const { error, errorDetail } = parsed.data;
    if (error !== undefined) failure = new EngineError(errorDetail?.message ?? error, errorDetail?.code);
    onProgress(parsed.data);
  };
  for await (const chunk of stream) {
    signal.throwIfAborted();
    text += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    if (text.length > MAX_LINE) throw new EngineError("The engine sent a line without end.");
    for (const line of lines) take(line);
  }
  signal.throwIfAborted();
  take(text);
  if (failure !== null) throw failure;
};

const parseJson = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
};
