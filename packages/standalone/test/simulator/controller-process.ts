import type { NodeId } from "@homeport/kit/ids.ts";
import type { Process } from "./process.ts";
import type { World } from "./world.ts";

/** A process of the clusters app: its controller, and those who wait at its API. */
export type Controller = {
  process: Process;
  /** Somebody waits for a node's desired state to become newer. */
  waiters: Set<{ nodeId: NodeId; answer: () => void }>;
  /** The revision of the routes that it published last, and when it last did so for certain. */
  published: { revision: number; beatAt: number };
  knownGateways: Map<string, { revision: number; seenAt: number }>;
  wake(): void;
  nodeChanged(id: NodeId): void;
};

export const controllerOf = (world: World, process: Process): Controller => {
  const controller = world.controllers.find((each) => each.process === process);
  if (controller === undefined) throw new Error("only processes of the clusters app have a controller");
  return controller;
};
