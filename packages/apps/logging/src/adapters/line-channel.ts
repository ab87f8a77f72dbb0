import type { AppContext } from "@homeport/kit/app.ts";
import { logChannel } from "@homeport/kit/registry/keys.ts";
import { log } from "../log.ts";
import type { LineChannel } from "../ports.ts";

type Valkey = AppContext["valkey"];

/** The channel over Valkey. While it is away nothing is announced, and followers find out by looking. */
export const createLineChannel = (valkey: Valkey): LineChannel & { close(): void } => {
  const heard = new Map<string, Set<() => void>>();
  let subscriber: Valkey | null = null;
  const connect = (): Valkey => {
    if (subscriber !== null) return subscriber;
    // A connection that subscribes can do nothing else; it subscribes again by itself after it was lost.
    const opened = valkey.duplicate();
    opened.on("error", () => undefined); // the shared connection reports the same
    opened.on("message", (channel: string) => {
      for (const listener of heard.get(channel) ?? []) listener();
    });
    subscriber = opened;
    return opened;
  };
  const quietly = (work: Promise<unknown>): void => {
    work.catch((err: unknown) => log.debug({ err }, "a log announcement was lost, followers look every second"));
  };
  return {
    announce(stream, lastLine) {
      quietly(valkey.publish(logChannel(stream), String(lastLine)));
    },
    listen(stream, listener) {
      const channel = logChannel(stream);
      const listeners = heard.get(channel) ?? new Set();
      if (listeners.size === 0) quietly(connect().subscribe(channel));
      listeners.add(listener);
      heard.set(channel, listeners);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        heard.delete(channel);
        if (subscriber !== null) quietly(subscriber.unsubscribe(channel));
      };
    },
    close() {
      subscriber?.disconnect();
    },
  };
};
