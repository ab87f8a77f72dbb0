import type { Gateway } from "../index.ts";
import { findListeners } from "./listeners.ts";
import { Order, type Report, type Share } from "./messages.ts";
import { pause } from "./pause.ts";

const LOOK_MS = 5;

/**
 * Does what the supervisor says. `stop` finishes what runs and ends the process; `successor`: others serve the port. When
 * the supervisor is gone we end too, so that the port is free for the next one.
 */
export function obey(stop: (successor: boolean) => void): void {
  process.on("disconnect", () => stop(true)); // there will be a next one, most likely
  process.on("message", (message) => {
    const { data: order, success } = Order.safeParse(message);
    if (!success) return;
    if (order.kind === "drain") stop(order.successor);
    else void steerAll(order.share).then((error) => report({ kind: "steered", error }));
  });
}

export const reportReady = (): boolean => report("ready");

/** Tells the supervisor, once it is so, that we accept no more connections. */
export async function reportDraining(gateway: Pick<Gateway, "isListening">): Promise<void> {
  while (gateway.isListening) await pause(LOOK_MS);
  report({ kind: "draining" });
}

const report = (what: Report): boolean => process.send?.(what) ?? false;

/** The error's message, null when it worked. The code for it is loaded when it is needed, which is at a reload. */
async function steerAll(share: Share): Promise<string | null> {
  try {
    const [listeners, { steer }] = await Promise.all([findListeners(), import("./steering.ts")]);
    if (listeners.length === 0) return "The listener was not found.";
    for (const fd of listeners) steer(fd, share);
    return null;
  } catch (err) {
    return err instanceof Error ? err.message : String(err);
  }
}
