/** Times of keeping workers, in milliseconds. */
export type Limits = {
  /** A new worker reads the registry and the saved table, which takes seconds at most; one that takes longer is ended. */
  readyMs: number;
  /** Between two signs of life that are asked of a worker, and how long it may take to give one. */
  askMs: number;
  /** A worker that gave none for so long hangs. */
  hungMs: number;
  /** A crash is followed by a new process so soon; the wait doubles with every crash that follows. */
  firstRestartMs: number;
  slowestRestartMs: number;
  /** A worker that ran so long is healthy: its next crash counts as the first one. */
  healthyMs: number;
  /**
   * How long workers that are replaced go on accepting after new connections go elsewhere: handshakes under way end in
   * their queues. A lost SYN-ACK is sent again after 1 s (RFC 6298 section 2).
   */
  handshakeMs: number;
  /** A worker that was told to finish ends by itself within `drainMs` of its own config; one that has not ended now never will. */
  endMs: number;
  /** Workers of a supervisor that was killed let go of the port so soon, unless they hang. */
  portMs: number;
};

export const LIMITS: Limits = {
  readyMs: 30_000,
  askMs: 2_000,
  hungMs: 10_000,
  firstRestartMs: 100,
  slowestRestartMs: 10_000,
  healthyMs: 30_000,
  handshakeMs: 2_000,
  endMs: 22_000, // below the 25 s that bin/up gives the gateway
  portMs: 3_000,
};
