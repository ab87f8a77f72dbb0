const TILDE = 0x7e;
const DOT = 0x2e;
const LINE_ENDS = [0x0a, 0x0d];

/**
 * Watches what is typed for `~.` at the beginning of a line, which ends a connection whatever the program does, as in
 * ssh; `~~` there is one `~`. Gives what is to be sent, or null for the end.
 */
export const createTilde = (): ((typed: Uint8Array) => Uint8Array | null) => {
  let place: "start" | "tilde" | "line" = "start";
  return (typed) => {
    const sent: number[] = [];
    for (const byte of typed) {
      if (place === "tilde") {
        if (byte === DOT) return null;
        if (byte !== TILDE) sent.push(TILDE);
      } else if (place === "start" && byte === TILDE) {
        place = "tilde";
        continue;
      }
      sent.push(byte);
      place = LINE_ENDS.includes(byte) ? "start" : "line";
    }
    return Uint8Array.from(sent);
  };
};
