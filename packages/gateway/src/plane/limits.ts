/** Of a request's head. Browsers and proxies before us stop at 8 to 32 KiB. */
export const MAX_HEAD_BYTES = 32 * 1024;

/** Of an answer's head, and of all interim answers before it together. */
export const MAX_ANSWER_HEAD_BYTES = 64 * 1024;

/** Of requests that wait for the present one, of frames that wait for a tunnel, of a body that waits for a connection. */
export const MAX_HELD_BYTES = 64 * 1024;

/** How long a connection that may be silent is left alone before the kernel asks whether its other end is there. */
export const PROBE_AFTER_MS = 60_000;

/**
 * Of what a client goes on sending behind an answer that ends its connection: beyond it is held back instead of read, so
 * that a flood costs no memory and still takes no answer away.
 */
export const MAX_LINGER_BYTES = 1024 * 1024;
