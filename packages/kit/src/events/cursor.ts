import { jsonb } from "../db/connect.ts";
import type { Db, Tx } from "../db/types.ts";
import type { PlatformEvent } from "./event.ts";

/** What the database remembers of a consumer. Row policies let an app see its own only. */
export type Cursor = {
  /** Events up to here are done. */
  seq: number;
  /** Failed tries of the next event of the consumer's types. */
  attempts: number;
  /** How long that event must still wait for its next try. */
  waitMs: number;
};

const MAX_ERROR_CHARACTERS = 4000;

/** Makes the cursor of a consumer that has none: at the end of the log, or at its start. Safe to repeat. */
export async function registerCursor(db: Db, app: string, name: string, from: "end" | "start"): Promise<void> {
  await db`
    insert into platform.event_cursors (app, name, seq)
    select ${app}, ${name}, case when ${from} = 'end' then last else 0 end
    from platform.event_sequence
    on conflict (app, name) do nothing`;
}

/** Takes the cursor until the end of the transaction; null while another instance has it. */
export async function lockCursor(tx: Tx, app: string, name: string): Promise<Cursor | null> {
  const [row] = await tx<Cursor[]>`
    select
      seq, attempts,
      case when retry_at > now() then ceil(extract(epoch from retry_at - now()) * 1000)::int else 0 end as "waitMs"
    from platform.event_cursors
    where app = ${app} and name = ${name}
    for update skip locked`;
  return row ?? null;
}

export async function moveCursor(tx: Tx, app: string, name: string, seq: number): Promise<void> {
  await tx`
    update platform.event_cursors
    set seq = ${seq}, attempts = 0, retry_at = '-infinity', last_error = null, moved_at = now()
    where app = ${app} and name = ${name}`;
}

/** Puts the next try of an event off; the cursor stays before it. */
export async function failEvent(
  tx: Tx,
  app: string,
  name: string,
  failure: { attempts: number; waitMs: number; error: string },
): Promise<void> {
  await tx`
    update platform.event_cursors
    set
      attempts = ${failure.attempts},
      retry_at = now() + make_interval(secs => ${failure.waitMs / 1000}::double precision),
      last_error = ${failure.error.slice(0, MAX_ERROR_CHARACTERS)}
    where app = ${app} and name = ${name}`;
}

/** Puts an event aside that the consumer gave up on. The caller moves the cursor past it. */
export async function parkEvent(
  tx: Tx,
  app: string,
  name: string,
  event: PlatformEvent,
  failure: { attempts: number; error: string },
): Promise<void> {
  await tx`
    insert into platform.event_failures (app, name, seq, event, error, attempts)
    values (${app}, ${name}, ${event.seq}, ${jsonb(tx, event)}, ${failure.error.slice(0, MAX_ERROR_CHARACTERS)}, ${failure.attempts})
    on conflict (app, name, seq) do nothing`;
}
