import type { BuildResult, BuildSpec, Reason } from "@homeport/ci/contract.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { NodeId, ReleaseId } from "@homeport/kit/ids.ts";
import type {
  BuildState,
  NodeTask,
  NodeTaskState,
  Outside,
  RolloutState,
  RunState,
  VolumeRemoval,
  WantedRelease,
} from "../src/ports.ts";

export const DIGEST = `sha256:${"ab".repeat(32)}`;

export const CRASHED: Reason = {
  code: "crashed",
  message: "The process ended with exit code 1.",
  exitCode: 1,
  lastLines: ["listening…", "TypeError: x is not a function"],
};

type Job = { id: string; key: string; spec: BuildSpec; state: BuildState };
type Rollout = { generation: number; releaseId: string; wanted: WantedRelease; state: RolloutState };

/** Where a crash happens: before the call has had an effect, or after it, before the caller heard of it. */
export type Crash = { call: string; when: "before" | "after" /** So many such calls go well first. */; skip?: number };

/**
 * The other apps in memory, as their contracts promise: the same key is the same job, an aborted generation is refused,
 * a pin is a pin. A test says how builds and rollouts end, and what is out of order.
 */
export const createOutside = () => {
  const jobs = new Map<string, Job>();
  const rollouts = new Map<string, Rollout>();
  const runs = new Map<string, { command: string[]; wanted: WantedRelease; state: RunState }>();
  const aborted = new Map<string, number>();
  const removed = new Set<string>();
  const pins = new Map<string, string>();
  const volumes = createVolumeNodes();
  const tasks = new Map<string, { task: NodeTask; state: NodeTaskState }>();
  const calls: string[] = [];
  const away = new Set<string>();
  let crash: Crash | null = null;
  let interruption: { call: string; run: () => Promise<unknown> } | null = null;
  let output: BuildSpec["output"] | null = "process";

  const call = async <T>(name: string, effect: () => T): Promise<T> => {
    calls.push(name);
    const meanwhile = interruption?.call === name ? interruption.run : null;
    if (meanwhile !== null) interruption = null;
    await meanwhile?.();
    if (away.has(name.split(".")[0] ?? "")) throw new DomainError("unavailable", `${name} does not answer.`);
    const isNext = crash?.call === name && (crash.skip ?? 0) === 0;
    if (crash?.call === name && !isNext) crash = { ...crash, skip: (crash.skip ?? 0) - 1 };
    const dies = isNext && crash !== null ? crash.when : null;
    if (dies !== null) crash = null;
    if (dies === "before") throw new Crashed();
    const result = effect();
    if (dies === "after") throw new Crashed();
    return result;
  };

  const jobOf = (id: string): Job => {
    const job = [...jobs.values()].find((each) => each.id === id);
    if (job === undefined) throw new DomainError("not_found", "There is no such job.");
    return job;
  };

  const outside: Outside = {
    builds: {
      start: (key, _organisationId, spec) =>
        call("builds.start", () => {
          const known = jobs.get(key) ?? { id: Bun.randomUUIDv7(), key, spec, state: { state: "underway" as const } };
          jobs.set(key, known);
          return known.id as never;
        }),
      look: (id) => call("builds.look", () => jobOf(id).state),
      cancel: (key) =>
        call("builds.cancel", () => {
          const job = jobs.get(key);
          if (job?.state.state === "underway") job.state = { state: "cancelled" };
        }),
    },
    rollouts: {
      put: (workloadId, generation, wanted) =>
        call("rollouts.put", () => {
          const known = rollouts.get(workloadId);
          if (removed.has(workloadId)) throw new DomainError("gone", "This workload was removed.");
          if (known !== undefined && generation < known.generation) throw new DomainError("conflict", "It is older.");
          if (generation <= (aborted.get(workloadId) ?? 0) && generation !== known?.generation) {
            throw new DomainError("conflict", "It was given up before it arrived.");
          }
          if (known?.generation === generation) return known.state;
          const state = { state: "underway" as const };
          rollouts.set(workloadId, { generation, releaseId: wanted.release.id, wanted, state });
          return state;
        }),
      abort: (workloadId, generation) =>
        call("rollouts.abort", () => {
          const known = rollouts.get(workloadId);
          if (known === undefined || known.generation < generation) {
            if (known !== undefined) aborted.set(workloadId, generation);
            return { state: "aborted" as const };
          }
          if (known.generation === generation && known.state.state === "underway") known.state = { state: "aborted" };
          return known.state;
        }),
      remove: (workloadId) =>
        call("rollouts.remove", () => {
          removed.add(workloadId);
          rollouts.delete(workloadId);
        }),
      buildOutput: () =>
        call("rollouts.buildOutput", () => {
          if (output === null) throw new DomainError("unavailable", "No node is online to run anything.");
          return output;
        }),
    },
    runs: {
      put: (id, wanted, command) =>
        call("runs.put", () => {
          const known = runs.get(id) ?? { command, wanted, state: { state: "underway" as const } };
          runs.set(id, known);
          return known.state;
        }),
      cancel: (id) =>
        call("runs.cancel", () => {
          const known = runs.get(id);
          if (known?.state.state === "underway") known.state = { state: "cancelled" };
          return known?.state ?? { state: "cancelled" as const };
        }),
    },
    images: {
      resolve: (_organisationId, organisationSlug, reference) =>
        call("images.resolve", () => {
          if (!reference.startsWith(`${organisationSlug}/`)) return null;
          if (reference.includes("missing")) throw new DomainError("not_found", `There is no image ${reference}.`);
          return { repository: reference.split(":")[0] ?? "", digest: DIGEST };
        }),
      pin: (key, _organisationId, image) =>
        call("images.pin", () => {
          if ("digest" in image) pins.set(key, image.digest);
        }),
      unpin: (key) => call("images.unpin", () => void pins.delete(key)),
    },
    logs: {
      open: () => call("logs.open", () => undefined),
      openRun: () => call("logs.openRun", () => undefined),
    },
    tasks: {
      put: (task) =>
        call("tasks.put", () => {
          const known = tasks.get(task.id) ?? { task, state: { state: "underway" as const } };
          tasks.set(task.id, known);
          return known.state;
        }),
    },
    volumeNodes: {
      choose: () => call("volumeNodes.choose", () => volumes.node as NodeId),
      listRunning: (workloadId) => call("volumeNodes.listRunning", () => volumes.running.get(workloadId) ?? []),
      remove: (taskId, nodeId, volumeId) =>
        call("volumeNodes.remove", () => {
          const known = volumes.removals.get(taskId) ?? { nodeId, volumeId, state: volumes.answer };
          volumes.removals.set(taskId, known);
          return known.state;
        }),
    },
  };

  const setBuild = (key: string, state: BuildState) => {
    const job = jobs.get(key);
    if (job === undefined) throw new Error(`no job for ${key}`);
    job.state = state;
    return job;
  };

  return {
    outside,
    jobs,
    rollouts,
    runs,
    pins,
    volumes,
    tasks,
    /** The task of this kind that is under way. */
    taskOf(kind: NodeTask["spec"]["kind"]): NodeTask | null {
      const open = [...tasks.values()].find(({ task, state }) => task.spec.kind === kind && state.state === "underway");
      return open?.task ?? null;
    },
    endTask(id: string, state: NodeTaskState) {
      const known = tasks.get(id);
      if (known?.state.state === "underway") known.state = state;
    },
    calls,
    away,
    /** The process dies at the next such call; thrown as an error that no code may answer. */
    crashAt(next: Crash) {
      crash = next;
    },
    hasCrashed: () => crash === null,
    /** Runs while the next such call is under way, before it has had an effect. */
    during(call: string, run: () => Promise<unknown>) {
      interruption = { call, run };
    },
    setOutput(next: typeof output) {
      output = next;
    },
    succeedBuild(key: string, changes: Partial<BuildResult> = {}) {
      const { spec } = jobs.get(key) ?? { spec: null };
      const result = { repository: spec?.repository ?? "", digest: DIGEST, preset: "bun", explanation: "bun.lock" };
      return setBuild(key, { state: "succeeded", result: { ...result, ...changes } });
    },
    failBuild: (key: string, reason: Reason = CRASHED) => setBuild(key, { state: "failed", reason }),
    endRun(id: string, state: RunState) {
      const run = runs.get(id);
      if (run === undefined) throw new Error(`no run ${id}`);
      run.state = state;
    },
    endRollout(workloadId: string, state: RolloutState) {
      const rollout = rollouts.get(workloadId);
      if (rollout === undefined) throw new Error(`nothing was put for ${workloadId}`);
      if (rollout.state.state === "underway") rollout.state = state;
    },
  };
};

/** A node that volumes are on; how removals stand is told as `answer` says when each is first asked for. */
const createVolumeNodes = () => ({
  node: Bun.randomUUIDv7() as string,
  running: new Map<string, ReleaseId[]>(),
  removals: new Map<string, { nodeId: string; volumeId: string; state: VolumeRemoval }>(),
  answer: { state: "removed" } as VolumeRemoval,
});

export type FakeOutside = ReturnType<typeof createOutside>;

/** The process is gone: nothing after this runs. */
export class Crashed extends Error {}
