/** When sockets are looked after. */
export type SocketTimes = {
  /** How often the server looks after its sockets; the times below are that much longer at most. */
  tickMs: number;
  pingMs: number;
  /** Without a sign of life for so long, a client is cut off: two pings unanswered, and some time for the way. */
  silenceMs: number;
  /** A reader that takes nothing for so long is let go. */
  stallMs: number;
  /** Whether somebody still may is asked again after this, which with a tick is less than a minute. */
  checkMs: number;
  /** Whoever could not be asked about for so long is sent away. */
  checkWithinMs: number;
  /** Between two questions of which the first was not answered. */
  retryMs: number;
};

export const SOCKET_TIMES: SocketTimes = {
  tickMs: 5_000,
  pingMs: 30_000,
  silenceMs: 75_000,
  stallMs: 60_000,
  checkMs: 50_000,
  checkWithinMs: 60_000,
  retryMs: 4_000,
};
