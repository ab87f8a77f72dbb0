import { createSignal, type Signal } from "@homeport/kit/lease/signal.ts";

/** The wake-ups of this app: of the controller, of the route publisher, and one for each node's agent. */
export type Signals = { due: Signal; routes: Signal; node(nodeId: string): Signal };

export const createSignals = (): Signals => {
  const nodes = new Map<string, Signal>(); // one small entry for each node that ever polled here
  return {
    due: createSignal(),
    routes: createSignal(),
    node(nodeId) {
      const known = nodes.get(nodeId) ?? createSignal();
      nodes.set(nodeId, known);
      return known;
    },
  };
};
