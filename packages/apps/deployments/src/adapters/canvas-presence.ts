import type { AppContext } from "@homeport/kit/app.ts";
import { createLogger } from "@homeport/kit/log.ts";
import { canvasChannel, canvasPeopleKey } from "@homeport/kit/registry/keys.ts";
import { z } from "zod";
import type { NodeId } from "../canvas/node.ts";
import {
  MAX_DRAGGED,
  MAX_PEOPLE,
  MAX_SELECTED,
  PRESENCE_LEASE_MS,
  type PresenceStore,
  type Present,
  type Signal,
} from "../canvas/presence.ts";

type Valkey = AppContext["valkey"];

const log = createLogger("canvas");

const Node = z.uuid().transform((id) => id as NodeId);
const Position = z.object({ id: Node, x: z.number(), y: z.number(), z: z.number().optional() });
const Person = z.object({
  id: z.string(),
  kind: z.enum(["person", "service"]),
  name: z.string(),
  color: z.number().int(),
  selection: z.array(Node).max(MAX_SELECTED),
});
const Said = z.object({ at: z.number(), people: z.array(Person).max(MAX_PEOPLE) });
const Heard = z.object({
  from: z.string(),
  signal: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("written") }),
    z.object({ kind: z.literal("present") }),
    z.object({
      kind: z.literal("glimpse"),
      glimpse: z.object({
        cursors: z.array(z.object({ id: z.string(), x: z.number(), y: z.number() })).max(MAX_PEOPLE),
        drags: z.array(z.object({ id: z.string(), positions: z.array(Position).max(MAX_DRAGGED) })).max(MAX_PEOPLE),
      }),
    }),
  ]),
});

/** Presence over Valkey: a hash for each canvas, with what each instance said last, and a channel. */
export const createCanvasPresence = (valkey: Valkey): PresenceStore & { close(): void } => {
  const listeners = new Map<string, Set<(text: string) => void>>();
  let subscriber: Valkey | null = null;
  const connect = (): Valkey => {
    if (subscriber !== null) return subscriber;
    // A connection that subscribes can do nothing else; it subscribes again by itself after it was lost.
    const opened = valkey.duplicate();
    opened.on("error", () => undefined); // the shared connection reports the same
    opened.on("message", (channel: string, text: string) => {
      for (const listener of listeners.get(channel) ?? []) listener(text);
    });
    subscriber = opened;
    return opened;
  };
  const quietly = async (work: Promise<unknown>): Promise<void> => {
    await work.catch((err: unknown) => log.debug({ err }, "presence was not told; it is said again in a moment"));
  };
  return {
    async put(project, instance, people) {
      const key = canvasPeopleKey(project);
      if (people.length === 0) return quietly(valkey.hdel(key, instance));
      const said = JSON.stringify({ at: Date.now(), people } satisfies { at: number; people: readonly Present[] });
      await quietly(valkey.multi().hset(key, instance, said).pexpire(key, PRESENCE_LEASE_MS).exec());
    },
    async list(project, instance) {
      try {
        const all = await valkey.hgetall(canvasPeopleKey(project));
        return Object.entries(all).flatMap(([from, text]) => (from === instance ? [] : peopleOf(text)));
      } catch (err) {
        log.debug({ err }, "presence of others cannot be read");
        return [];
      }
    },
    announce(project, instance, signal) {
      const text = JSON.stringify({ from: instance, signal } satisfies { from: string; signal: Signal });
      void quietly(valkey.publish(canvasChannel(project), text));
    },
    listen(project, instance, hear) {
      const channel = canvasChannel(project);
      const listener = (text: string) => {
        const heard = Heard.safeParse(jsonOf(text));
        if (heard.success && heard.data.from !== instance) hear(heard.data.signal);
      };
      const known = listeners.get(channel) ?? new Set();
      if (known.size === 0) void quietly(connect().subscribe(channel));
      listeners.set(channel, known.add(listener));
      return () => {
        known.delete(listener);
        if (known.size > 0) return;
        listeners.delete(channel);
        if (subscriber !== null) void quietly(subscriber.unsubscribe(channel));
      };
    },
    close() {
      subscriber?.disconnect();
    },
  };
};

/** Clocks of instances are as good as those of the machines; a second more or less does no harm. */
const peopleOf = (text: string): Present[] => {
  const said = Said.safeParse(jsonOf(text));
  return said.success && Date.now() - said.data.at < PRESENCE_LEASE_MS ? said.data.people : [];
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};
