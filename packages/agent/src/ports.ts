import type {
  Address,
  DesiredReplica,
  ImageRef,
  NodeDisk,
  NodeUsage,
  ObservedState,
  TaskResult,
} from "@homeport/clusters/contract.ts";
import type { Secret } from "@homeport/kit/secret.ts";

/**
 * What the agent needs from outside. The replica id is the key everywhere: an engine remembers it with what it runs (a
 * label, a record on disk), so that a later agent process finds everything again.
 */

export type EngineKind = "docker" | "process";

export type EngineInfo = {
  kind: EngineKind;
  /** For people, at most 120 characters. */
  version: string;
  /** Whether one workload is kept from seeing the machine and the other workloads. */
  isolates: boolean;
  /** Whether a replica's memory limit is enforced. */
  limitsMemory: boolean;
  /** Whether services of one project reach each other by name. */
  resolvesNames: boolean;
};

/** How a replica ended. `code` is null when nobody saw it end; 128+n stands for death by signal n, as in shells. */
export type Exit = { code: number | null; oomKilled: boolean; at: Date };

export type RestartPolicy = DesiredReplica["restart"];

export type EngineReplica = {
  id: string;
  workloadId: string;
  /** A `run` is started once, and its end is its result. */
  kind: "service" | "run";
  /** The fencing epoch it was made under; 0 when it is older than epochs. */
  epoch: number;
  /** Ids of the volumes it has mounted. */
  volumes: string[];
  /** Where its output goes. */
  logStream: string;
  /** What the engine does, or lets the agent do, when it ends. */
  restart: RestartPolicy;
  /** How often it was started again after it had ended, as far as the engine counts. */
  restarts: number;
  state:
    | { kind: "created" }
    | { kind: "running"; startedAt: Date; address: Address | null }
    /**
     * `restarting`: the engine itself will start it again; the agent leaves it alone. `startedAt` is null when nobody wrote
     * it down.
     */
    | { kind: "exited"; exit: Exit; startedAt: Date | null; restarting: boolean };
};

export type Credentials = { username: string; password: Secret };

export type LogStream = "stdout" | "stderr";

/** `cursor` is the place after this line: what `logs` takes to go on from there. Opaque outside the engine. */
export type LogEntry = { at: Date; stream: LogStream; text: string; cursor: string };

/** A service as its neighbours in a network know it, and the addresses that answer for it now. */
export type NamedService = {
  workloadId: string;
  networkId: string;
  names: string[];
  /** The port the service declares; neighbours use `name:port`. */
  port: number;
  targets: Address[];
};

/** A socket on which a replica waits for connections. */
export type Listener = { host: string; port: number };

export type RemovedImages = { count: number; bytes: number };

/**
 * The volumes of this node: named pieces of disk that outlive replicas. They are made by `ContainerEngine.start` or
 * `restore` and only ever removed by `remove`. Whoever calls a method that changes a volume sees to it that no replica has
 * it mounted and none is started meanwhile. All may be called again after a crash in the middle. Failures a person should
 * read are `TaskFailure`.
 */
export interface Volumes {
  usage(id: string, signal: AbortSignal): Promise<Omit<Extract<TaskResult, { kind: "volume.usage" }>, "kind">>;
  /** What is at `path` inside the volume. No link is followed, whoever puts one there meanwhile. */
  browse(id: string, path: string, signal: AbortSignal): Promise<Found>;
  /** Empties it. */
  reset(id: string, signal: AbortSignal): Promise<void>;
  /** False when it is gone already. */
  remove(id: string, signal: AbortSignal): Promise<boolean>;
  /** Returns whether the engine keeps the volume below the size; else it is only measured. */
  resize(id: string, sizeMiB: number, signal: AbortSignal): Promise<{ enforced: boolean }>;
  /** Writes everything in it into a new file: a tar, compressed with zstd. */
  archive(id: string, file: string, signal: AbortSignal): Promise<void>;
  /** Replaces what is in it with what an archive of `archive` holds; makes the volume when there is none. */
  restore(id: string, file: string, signal: AbortSignal): Promise<void>;
}

export type Found = Extract<TaskResult, { kind: "volume.browse" }>["found"];

/** A program with a terminal of its own inside of a replica, for a person to use. */
export type Terminal = {
  /** What it shows, for one reader: what that one does not take, the program waits for. Ends when the program has. */
  readonly output: AsyncIterable<Uint8Array>;
  /** Resolves once the terminal has taken it; one after the other. What comes after its end is dropped. */
  write(bytes: Uint8Array): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** How the program ended, as shells say it, once all of `output` was read; null when nobody could see. */
  readonly exited: Promise<number | null>;
  /** Ends it, and everything that was started in it. Safe to repeat; when it resolves nothing of it runs any more. */
  close(): Promise<void>;
};

export type TerminalOptions = {
  /** Unique: what was started in it is found again by it. */
  id: string;
  /** A program and its arguments; /bin/bash when absent, else /bin/sh. */
  command?: string[] | undefined;
  columns: number;
  rows: number;
};

/**
 * Runs replicas on this machine.
 *
 * Order: `pull` before `start`; `stop` before `remove`. Calls for different ids may run at once; calls for one id never
 * do (the agent sees to it), except the reading ones: `inspect`, `logs`, `lastLines`. Everything is safe to repeat:
 * starting what runs, stopping what has ended and removing what is gone all succeed. Nothing without our mark (label or
 * record, and this node's id) is ever listed, stopped or removed. Every call ends in bounded time, except the iterables,
 * which end when their signal is aborted. Failures a person should read are `ReplicaFailure`, all others `DomainError`.
 */
export interface ContainerEngine {
  readonly kind: EngineKind;
  info(): Promise<EngineInfo>;
  /** Every replica of this node, running or not. Complete, or it throws: a partial list would look like lost replicas. */
  list(): Promise<EngineReplica[]>;
  inspect(id: string): Promise<EngineReplica | null>;
  /** Makes the image present; returns at once when it is. Two pulls of one image may run at once. */
  pull(image: ImageRef, credentials: Credentials | null, signal: AbortSignal): Promise<void>;
  /**
   * Creates what is missing, its volumes too, and starts it; also starts one again that has ended. Returns when its
   * process exists. `beforeRun` is awaited when everything is made and nothing of it has run yet. A service with volumes is
   * refused while another replica of its workload runs (`volume_in_use`).
   */
  start(replica: DesiredReplica, beforeRun?: () => Promise<void>): Promise<EngineReplica>;
  /** Changes what happens when the replica ends. A candidate runs with "never" until it serves. */
  setRestart(id: string, restart: RestartPolicy): Promise<void>;
  /** SIGTERM, at most `graceSeconds` of waiting, SIGKILL. When it returns nothing of the replica runs any more. */
  stop(id: string, graceSeconds: number): Promise<void>;
  /** Removes every trace, logs included, but for its volumes; kills what still runs. */
  remove(id: string): Promise<void>;
  /**
   * Lines after `cursor` (null: from the first that is still kept), then new ones as they come. Ends when the replica
   * has ended and everything was read, or when `signal` is aborted; called again after a restart it goes on.
   */
  logs(id: string, cursor: string | null, signal: AbortSignal): AsyncIterable<LogEntry>;
  /** The last lines of both streams, oldest first; empty when there are none. */
  lastLines(id: string, count: number): Promise<string[]>;
  /**
   * Yields whenever something may have changed. It is a hint to call `list`, never the truth: events get lost, and after
   * a broken connection it yields once, since anything may have happened meanwhile.
   */
  watch(signal: AbortSignal): AsyncIterable<void>;
  /** Makes these services, and only these, reachable by name. An engine with names of its own has nothing to do. */
  publishNames(services: NamedService[]): Promise<void>;
  /**
   * Starts a program in a running replica: as its user, with its variables and files, within its limits. Those that an
   * agent left behind when it was killed are gone at the latest when the engine is opened again. A `ReplicaFailure` says why not:
   * `replica_not_running`, `no_shell`, `shell_unsupported`. A program that is not there ends with 126 or 127, as in shells.
   */
  openTerminal(id: string, options: TerminalOptions): Promise<Terminal>;
  /** What the replica listens on, as far as it can be seen from here; empty when it cannot. */
  listeners(id: string): Promise<Listener[]>;
  readonly volumes: Volumes;
  /** The disks that replicas and images fill, as far as they can be seen from here. */
  disks(): Promise<NodeDisk[]>;
  /** What of them is taken by what. `keep` are the images that are wanted. May take minutes on a busy engine. */
  usage(keep: ImageRef[], signal: AbortSignal): Promise<Omit<NodeUsage, "disks" | "snapshots">>;
  /**
   * Removes images that this engine pulled itself, that are not in `keep` and that nothing used for that long, those unused
   * for longest first, until `isEnough`.
   */
  removeUnusedImages(keep: ImageRef[], unusedForMs: number, isEnough?: () => Promise<boolean>): Promise<RemovedImages>;
  /** Lets go of files and connections. Replicas go on running. */
  close(): Promise<void>;
}

/** What the node sees, answering to one generation of desired state. */
export type Observation = Pick<ObservedState, "nodeId" | "generation" | "replicas" | "tasks">;

/** The node's end of the line to a person at a terminal; what goes over it are frames of kit's terminal-frames.ts. */
export type ShellLine = {
  /** Those of the person, in order. Ends with the line. */
  readonly frames: AsyncIterable<Uint8Array>;
  /** Never waits, and does nothing on a line that has ended. */
  send(frame: Uint8Array): void;
  /** Ends it once everything was sent. */
  close(): void;
};

/** The agent's line to the control plane. Calls may run at once; all reject on any trouble, and all but `shell` are then repeated. */
export interface ControlPlane {
  /**
   * Waits up to `waitSeconds` for a desired state of a generation above `after`; null when there was none. What it
   * returns is parsed by the agent, so an adapter hands over the decoded body as it came.
   */
  desired(after: number, waitSeconds: number, signal: AbortSignal): Promise<unknown>;
  /** Tells everything the node sees. A later report replaces an earlier one; repeating is harmless. */
  observed(state: Observation, signal: AbortSignal): Promise<void>;
  /** Opens the line of a shell that the desired state tells of. Only once: the second time there is none. It ends with `signal`. */
  shell(id: string, signal: AbortSignal): Promise<ShellLine>;
}

export type LogLine = { at: Date; stream: LogStream; text: string };

export type LogBatch = {
  streamId: string;
  replicaId: string;
  /** Who counts: the same writer never sends two different lines under one number. */
  writer: string;
  /** Number of the first line; the others follow without a gap. */
  offset: number;
  lines: LogLine[];
};

/**
 * Where runtime logs go. After a crash the agent sends lines again under the same writer and numbers, perhaps cut into
 * other batches: the sink must skip, line by line, what it already has. Batches of one writer come one after the other.
 */
export interface LogSink {
  /**
   * @throws {DomainError} conflict when `offset` is beyond what the sink has of this writer: the agent then goes on under a
   *   new name. invalid, too_large: these lines will never be taken. Anything else is tried again.
   */
  append(batch: LogBatch, signal: AbortSignal): Promise<void>;
}
