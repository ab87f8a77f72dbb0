/**
 * What the data plane needs of a socket, plain or TLS, of either side. Bun's sockets are such; one object of handlers serves
 * all of them, so that a connection costs no closures.
 */
export interface WireSocket {
  readonly remoteAddress: string;
  /** How many bytes were taken; -1 when the socket is closed. What was not taken has to be written again after `drain`. */
  write(bytes: Uint8Array, offset: number, length: number): number;
  pause(): void;
  resume(): void;
  /** Sends FIN and goes on receiving. */
  shutdown(): void;
  /** Sends FIN and forgets the socket. */
  end(): void;
  /** Sends RST. */
  terminate(): void;
  setKeepAlive(enable: boolean, initialDelay: number): boolean;
}
