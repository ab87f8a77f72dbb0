import type { Happening } from "./timeline.ts";

/** A process of the platform, as far as faults are concerned. What it knows is gone when it dies. */
export type Process = {
  name: string;
  kind: "clusters" | "deployments" | "agent" | "gateway" | "runner" | "ci" | "user";
  up: boolean;
  /** Counts its lives: what an earlier life had begun does not go on in a later one. */
  life: number;
  /** Until when it is stopped (SIGSTOP); what it would do meanwhile, it does then. */
  pausedUntil: number;
  /** Tells those who wait for an answer that there will be none. */
  callers: Set<() => void>;
  /** For how long it is stopped when it next waits for an answer, as a process is that the machine has no time for. */
  stallsMs: number;
  /** What came while it was stopped. */
  backlog: Happening[];
  /** How far its clock is from the true one, in ms. */
  skewMs: number;
  /** The next thing it does is its last: it dies before it, or after what that wrote and before anything else of it. */
  dies: "before" | "after" | null;
  /** Set while it does its last thing: nothing leaves it any more. */
  isDying: boolean;
  /** Nobody reaches it and it reaches nobody, until then. */
  cutOffUntil: number;
  /** Begins a life. */
  begin: () => void;
  /** Forgets what only a living process knows. */
  end: () => void;
};

export const createProcess = (name: string, kind: Process["kind"]): Process => ({
  name,
  kind,
  up: true,
  life: 0,
  pausedUntil: 0,
  stallsMs: 0,
  callers: new Set(),
  backlog: [],
  skewMs: 0,
  dies: null,
  isDying: false,
  cutOffUntil: 0,
  begin: () => {},
  end: () => {},
});
