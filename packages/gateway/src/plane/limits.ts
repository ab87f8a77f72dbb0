/** Of a request's head. Browsers and proxies before us stop at 8 to 32 KiB. */
export const MAX_HEAD_BYTES = 32 * 1024;

/** Of requests that wait for the present one, of frames that wait for a tunnel, of a body that waits for a connection. */
export const MAX_HELD_BYTES = 64 * 1024;
