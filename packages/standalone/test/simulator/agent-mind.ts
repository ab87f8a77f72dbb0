import type { Epochs } from "@homeport/agent/fence.ts";
import type { RunEnd } from "@homeport/agent/observe.ts";
import type { EngineReplica } from "@homeport/agent/ports.ts";
import { createMemories } from "@homeport/agent/service/memories.ts";
import type { DesiredState, ObservedReplica } from "@homeport/clusters/contract.ts";
import type { NodeId } from "@homeport/kit/ids.ts";
import type { Work } from "./agent-actions.ts";
import type { Watch } from "./agent-probes.ts";
import type { Engine } from "./container.ts";
import type { Answered } from "./network.ts";
import type { Process } from "./process.ts";

/** What an agent knows only while it lives. */
export type Mind = {
  desired: DesiredState | null;
  memories: ReturnType<typeof createMemories>;
  works: Map<string, Work>;
  touched: Set<string>;
  watches: Map<string, Watch>;
  replicas: EngineReplica[];
  informed: boolean;
  isLooking: boolean;
  isRung: boolean;
  lookAt: number;
  greeting: "none" | "underway" | "done";
  /** Who waits for the end of the greeting. */
  greeted: ((answer: Answered<unknown>) => void)[];
  sequence: number;
  report: {
    latest: { generation: number; replicas: ObservedReplica[] } | null;
    text: string;
    sent: string;
    isSending: boolean;
  };
};

/**
 * The agent of a node and its machine. What it wrote on its disk before it acted is there when it starts again:
 * agent/src/state-file.test.ts, agent/test (started runs, seen epochs).
 */
export type Agent = {
  process: Process;
  nodeId: NodeId;
  engine: Engine;
  disk: { desired: DesiredState | null; epochs: Epochs; runs: Map<string, RunEnd | null> };
  mind: Mind;
  changed: () => void;
  /** Has it look at everything soon. */
  ring: () => void;
  /** Takes over a wish when it is a newer one. */
  accept: (state: DesiredState) => void;
};

export const emptyMind = (): Mind => ({
  desired: null,
  memories: createMemories(),
  works: new Map(),
  touched: new Set(),
  watches: new Map(),
  replicas: [],
  informed: false,
  isLooking: false,
  isRung: false,
  lookAt: 0,
  greeting: "none",
  greeted: [],
  sequence: 0,
  report: { latest: null, text: "", sent: "", isSending: false },
});

export const byId = (mind: Mind, id: string): EngineReplica | null =>
  mind.replicas.find((replica) => replica.id === id) ?? null;
