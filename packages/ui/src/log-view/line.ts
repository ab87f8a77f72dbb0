/** One line of a log, as it travels: `n` counts from 1 within its stream and never repeats. */
export interface LogLine {
  n: number;
  /** When the line was written, ISO 8601. */
  at: string;
  stream: "stdout" | "stderr";
  replica?: string | undefined;
  text: string;
}

/** Longer lines are cut on screen; the download has them whole. */
const MAX_TEXT = 8192;

/**
 * A line from JSON, or null when it is not one. Written by hand because it runs up to ten thousand times a second in the browser,
 * where a schema library would weigh more than the rest of the view.
 */
export function readLine(json: string): LogLine | null {
  try {
    return toLine(JSON.parse(json));
  } catch {
    return null;
  }
}

/** Lines of a history answer, `{ lines: [...] }`; what is not a line is left out. */
export function readLines(body: unknown, limit: number): LogLine[] {
  if (typeof body !== "object" || body === null || !("lines" in body) || !Array.isArray(body.lines)) return [];
  return body.lines
    .slice(0, limit)
    .map(toLine)
    .filter((line) => line !== null);
}

function toLine(value: unknown): LogLine | null {
  if (typeof value !== "object" || value === null) return null;
  const { n, at, stream, replica, text } = value as Record<string, unknown>;
  if (typeof n !== "number" || !Number.isSafeInteger(n) || n < 0 || typeof text !== "string") return null;
  return {
    n,
    at: typeof at === "string" ? at.slice(0, 40) : "",
    stream: stream === "stderr" ? "stderr" : "stdout",
    replica: typeof replica === "string" ? replica.slice(0, 80) : undefined,
    text: text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text,
  };
}
