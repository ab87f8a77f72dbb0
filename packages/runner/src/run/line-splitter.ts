/** Longer lines are cut here, and the rest of the line is dropped: no sane program writes one, and logs are bounded. */
export const MAX_LINE_CHARS = 16 * 1024;

/**
 * Turns chunks of output into lines. A carriage return starts the line over, as on a terminal, so that of a progress bar
 * only its last state is kept.
 */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  readonly #emit: (line: string) => void;
  #rest = "";

  constructor(emit: (line: string) => void) {
    this.#emit = emit;
  }

  push(chunk: Uint8Array): void {
    this.#take(this.#decoder.decode(chunk, { stream: true }));
  }

  /** The output is over: what has no newline is a line too. */
  end(): void {
    this.#take(this.#decoder.decode());
    if (this.#rest !== "") this.#emit(toLine(this.#rest));
    this.#rest = "";
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#emit(toLine(line));
    if (this.#rest.length > MAX_LINE_CHARS) this.#rest = compact(this.#rest);
  }
}

const toLine = (raw: string): string => {
  const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
  return line.slice(line.lastIndexOf("\r") + 1, line.lastIndexOf("\r") + 1 + MAX_LINE_CHARS);
};

/** Keeps a line that does not end from growing: its last rewrite, and of that the beginning. */
const compact = (rest: string): string => {
  const from = rest.lastIndexOf("\r") + 1;
  return rest.slice(from === rest.length ? 0 : from).slice(0, MAX_LINE_CHARS);
};
