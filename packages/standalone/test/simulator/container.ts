import type { Exit, RestartPolicy } from "@homeport/agent/ports.ts";
import type { DesiredReplica } from "@homeport/clusters/contract.ts";
import type { Process } from "./process.ts";
import type { World } from "./world.ts";

/** One replica on a machine. It outlives the agent. */
export type Container = {
  replica: DesiredReplica;
  restart: RestartPolicy;
  restarts: number;
  state: "created" | "running" | "exited";
  /** Grows with each start. */
  run: number;
  startedAt: Date | null;
  port: number;
  /** From when on it answers, in ms of true time; -1 for never. */
  readyAt: number;
  isHung: boolean;
  exit: Exit | null;
  restarting: boolean;
};

/** What a container engine runs on one node. Its machine may lose power or be gone for good. */
export type Engine = {
  containers: Map<string, Container>;
  isOn: boolean;
  isGone: boolean;
  restartsItself: boolean;
  ports: number;
};

export const createEngine = (restartsItself: boolean): Engine => ({
  containers: new Map(),
  isOn: true,
  isGone: false,
  restartsItself,
  ports: 4_000,
});

/** Whether a request that arrives there is answered. */
export const answers = (world: World, engine: Engine, id: string): boolean => {
  const found = engine.containers.get(id);
  return engine.isOn && found?.state === "running" && !found.isHung && found.readyAt >= 0 && found.readyAt <= world.now;
};

/** A machine with what runs there. */
export type Host = { engine: Engine; process: Process; changed: () => void };
