/** One object of what the engine streams while it builds or pushes. */
export type Progress = {
  stream?: string;
  status?: string;
  id?: string;
  error?: string;
  errorDetail?: { message?: string; code?: number };
  aux?: { ID?: string; Digest?: string };
};

/** What the engine reported as failed, in its own words; a stream that ends with one has failed. */
export class EngineError extends Error {
  constructor(
    message: string,
    readonly exitCode: number | null,
  ) {
    super(message);
  }
}

/** A line longer than this is no progress of a build. */
const MAX_LINE = 1024 * 1024;

/**
 * Reads a progress stream to its end: one JSON object per line. An end without the engine's word proves nothing, which is
 * why callers ask the engine for the result.
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
    const progress = JSON.parse(line) as Progress;
    if (progress.error !== undefined) {
      failure = new EngineError(progress.errorDetail?.message ?? progress.error, progress.errorDetail?.code ?? null);
    }
    onProgress(progress);
  };
  for await (const chunk of stream) {
    signal.throwIfAborted();
    text += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    if (text.length > MAX_LINE) throw new EngineError("The engine sent a line without end.", null);
    for (const line of lines) take(line);
  }
  signal.throwIfAborted();
  take(text);
  if (failure !== null) throw failure;
};
