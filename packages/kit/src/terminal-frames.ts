/**
 * What goes over the line of a terminal: binary messages whose first byte says what the rest is. The same ones go between
 * a person and the platform, and between the platform and the node; `taken` only between the latter.
 */
export type TerminalFrame =
  /** What is typed, or what the terminal shows: bytes as they are. */
  | { kind: "data"; bytes: Uint8Array }
  | { kind: "size"; columns: number; rows: number }
  /** How the program ended, as shells say it; the last message of a terminal that ended by itself. */
  | { kind: "exit"; code: number }
  /** Why there is no terminal, or no more; the last message of one that did not end by itself. */
  | { kind: "error"; code: string; message: string }
  /** How many bytes of `data` were taken since the last one: whoever sends waits for it, see TERMINAL_WINDOW_BYTES. */
  | { kind: "taken"; bytes: number };

/** As the first byte. */
export const TERMINAL_CHANNEL = { data: 0, size: 1, exit: 2, error: 3, taken: 4 } as const;

/** Of one frame's data. */
export const MAX_TERMINAL_DATA_BYTES = 16 * 1024;
/** Bytes of data that are underway in one direction and were not taken yet: all that ever waits between the two ends. */
export const TERMINAL_WINDOW_BYTES = 256 * 1024;
/** Columns and rows. */
export const MAX_TERMINAL_SIDE = 1000;

const MAX_TEXT_BYTES = 4096;

export const encodeFrame = (frame: TerminalFrame): Uint8Array => {
  const channel = TERMINAL_CHANNEL[frame.kind];
  if (frame.kind !== "data") {
    const { kind: _, ...fields } = frame;
    return Buffer.concat([Buffer.of(channel), Buffer.from(JSON.stringify(fields))]);
  }
  const whole = new Uint8Array(frame.bytes.length + 1);
  whole[0] = channel;
  whole.set(frame.bytes, 1);
  return whole;
};

/** Null for what is no frame. The bytes of data are those of the message, not copied. */
export const decodeFrame = (message: Uint8Array): TerminalFrame | null => {
  const rest = message.subarray(1);
  if (message[0] === TERMINAL_CHANNEL.data) return { kind: "data", bytes: rest };
  const fields = rest.length > MAX_TEXT_BYTES ? null : objectIn(rest);
  if (fields === null) return null;
  const { columns, rows, code, message: text, bytes } = fields;
  switch (message[0]) {
    case TERMINAL_CHANNEL.size:
      return isSide(columns) && isSide(rows) ? { kind: "size", columns, rows } : null;
    case TERMINAL_CHANNEL.exit:
      return isWhole(code) ? { kind: "exit", code } : null;
    case TERMINAL_CHANNEL.error:
      return typeof code === "string" && typeof text === "string" ? { kind: "error", code, message: text } : null;
    case TERMINAL_CHANNEL.taken:
      return isWhole(bytes) ? { kind: "taken", bytes } : null;
    default:
      return null;
  }
};

const objectIn = (bytes: Uint8Array): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
};

const isWhole = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;
const isSide = (value: unknown): value is number => isWhole(value) && value >= 1 && value <= MAX_TERMINAL_SIDE;
