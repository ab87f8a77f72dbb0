/** What the two ends of a pipe tell each other, each under a number that says whether one before it was lost. */
export type PipeMessage =
  | { kind: "bytes"; bytes: Uint8Array }
  | { kind: "end"; code: number; reason: string }
  /** That the other end is there. */
  | { kind: "beat" };

const KIND = { bytes: 0, end: 1, beat: 2 } as const;
const HEAD_BYTES = 5;

/** One byte of kind, four of number, then the content. */
export const encodeMessage = (number: number, message: PipeMessage): Buffer => {
  const content =
    message.kind === "bytes"
      ? message.bytes
      : message.kind === "end"
        ? Buffer.from(JSON.stringify({ code: message.code, reason: message.reason }))
        : new Uint8Array();
  const whole = Buffer.alloc(HEAD_BYTES + content.length);
  whole[0] = KIND[message.kind];
  whole.writeUInt32BE(number >>> 0, 1);
  whole.set(content, HEAD_BYTES);
  return whole;
};

/** Null for what no end has sent. */
export const decodeMessage = (whole: Buffer): { number: number; message: PipeMessage } | null => {
  if (whole.length < HEAD_BYTES) return null;
  const number = whole.readUInt32BE(1);
  const content = whole.subarray(HEAD_BYTES);
  if (whole[0] === KIND.bytes) return { number, message: { kind: "bytes", bytes: content } };
  if (whole[0] === KIND.beat) return { number, message: { kind: "beat" } };
  const end = whole[0] === KIND.end ? endIn(content) : null;
  return end === null ? null : { number, message: { kind: "end", ...end } };
};

const endIn = (content: Buffer): { code: number; reason: string } | null => {
  try {
    const { code, reason } = JSON.parse(content.toString()) as Record<string, unknown>;
    return typeof code === "number" && typeof reason === "string" ? { code, reason: reason.slice(0, 200) } : null;
  } catch {
    return null;
  }
};
