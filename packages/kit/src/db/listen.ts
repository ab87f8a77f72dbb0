import { pause } from "../lease/waker.ts";
import { createLogger } from "../log.ts";
import { bounded } from "./bounded.ts";
import { dedicated } from "./connect.ts";
import type { Sql } from "./types.ts";

const log = createLogger("db");

/** Finds out about a connection that died without a word. */
const HEARTBEAT_MS = 30_000;
const MAX_BACKOFF_MS = 5000;

export type ListenOptions = {
  sql: Sql;
  channel: string;
  onNotify: (payload: string) => void;
  /** After each (re)connect: what was sent meanwhile is lost, so look for yourself. */
  onListening: () => void;
  signal: AbortSignal;
};

/**
 * Listens on a channel until aborted, on a connection of its own that is opened anew whenever it is lost. postgres.js'
 * own `listen` gives up for good when its first try to reconnect fails.
 */
export async function listenDurably({ sql, channel, onNotify, onListening, signal }: ListenOptions): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    signal.addEventListener("abort", stop, { once: true });
    const client = dedicated(sql, { onnotify: (_channel, payload) => onNotify(payload), onclose: stop });
    try {
      await bounded(client`listen ${client(channel)}`);
      failures = 0;
      onListening();
      while (!attempt.signal.aborted) {
        await pause(HEARTBEAT_MS, attempt.signal);
        if (!attempt.signal.aborted) await bounded(client`select 1`);
      }
    } catch (err) {
      failures += 1;
      if (!signal.aborted) log.warn({ err, channel, failures }, "a listening connection was lost and is opened anew");
    } finally {
      signal.removeEventListener("abort", stop);
      await client.end({ timeout: 0 });
    }
    if (failures > 0) await pause(Math.min(50 * 2 ** failures, MAX_BACKOFF_MS), signal);
  }
}
