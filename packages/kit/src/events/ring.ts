import { type PlatformEvent, toCloudEvent } from "./event.ts";

/** An event as the tail keeps it: with its JSON made once for all streams. */
export type TailEvent = PlatformEvent & { json: string };

export type RingLimits = { events: number; bytes: number };

export type EventRing = {
  /** The number of the newest event seen. */
  head(): number;
  push(event: PlatformEvent): TailEvent;
  /** The events after `seq`, or null when some of them have left the ring or `seq` is not of this log. */
  after(seq: number): readonly TailEvent[] | null;
  /** Forgets everything and goes on after `head`: the log was cut off behind our back, or is another one. */
  reset(head: number): void;
};

/**
 * The newest events in memory, a stretch of the log without gaps. Bounded by count and by bytes; who needs older ones
 * reads the table.
 */
export function createRing(start: number, limits: RingLimits): EventRing {
  let events: TailEvent[] = [];
  let bytes = 0;
  /** The number before the oldest event kept. */
  let before = start;
  const reset = (head: number) => {
    events = [];
    bytes = 0;
    before = head;
  };
  const head = () => before + events.length;
  return {
    head,
    reset,
    push(event) {
      if (event.seq !== head() + 1) reset(event.seq - 1);
      const kept = { ...event, json: JSON.stringify(toCloudEvent(event)) };
      events.push(kept);
      bytes += kept.json.length;
      if (events.length > limits.events || bytes > limits.bytes) drop(Math.max(1, Math.floor(events.length / 10)));
      return kept;
    },
    after: (seq) => (seq < before || seq > head() ? null : events.slice(seq - before)),
  };

  /** A tenth at a time: taking the first of ten thousand off an array for each event would move all others. */
  function drop(count: number): void {
    const last = Math.min(count, events.length - 1);
    for (const event of events.slice(0, last)) bytes -= event.json.length;
    events = events.slice(last);
    before += last;
  }
}
