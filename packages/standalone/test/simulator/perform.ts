import type { ReleaseSpec } from "@homeport/clusters/workload.ts";
import { FINAL_STATES } from "@homeport/deployments/deployment.ts";
import type { Call, Event } from "@homeport/deployments/deployment-machine.ts";
import type { RolloutState, RunState } from "@homeport/deployments/ports.ts";
import type { JobId, ReleaseId, RunId } from "@homeport/kit/ids.ts";
import { cancelJob, createJob, newJobId } from "./builds.ts";
import { abortRollout, cancelRun, createRun, putWorkload } from "./clusters-api.ts";
import type { RunRow } from "./clusters-store.ts";
import type { DeploymentRow, Wanted } from "./deployments-store.ts";
import { type Answered, anyOf, call, type Reply } from "./network.ts";
import type { Process } from "./process.ts";
import { newIdOf, type World } from "./world.ts";

/** How long a part of the platform may take to answer. */
const TIMEOUT_MS = 6_000;

/** What a call brought: an event with what is written with it, or what went wrong. */
export type Brought =
  | { is: "event"; event: Event; within?: (row: DeploymentRow) => Event | null; lost?: () => void }
  | { is: "refused"; code: string }
  | { is: "unavailable" };

type Then = (brought: Brought) => void;

const ask = <T>(
  world: World,
  by: Process,
  whom: "clusters" | "ci",
  handle: (reply: Reply<T>, by: Process) => void,
  then: (value: T) => void,
  other: Then,
): void => {
  const to = () =>
    whom === "ci"
      ? world.ci.process
      : anyOf(
          world,
          world.controllers.map(({ process }) => process),
        );
  call<T>(
    world,
    by,
    to,
    handle,
    (answer: Answered<T>) => (answer.is === "answer" ? then(answer.value) : other(answer)),
    TIMEOUT_MS,
  );
};

/** The files `perform-*.ts` of the deployments app: the one call of a step. */
export const perform = (
  world: World,
  by: Process,
  row: DeploymentRow,
  asked: Call,
  attempt: number,
  then: Then,
): void => {
  switch (asked.call) {
    case "begin":
      then({ is: "event", event: { event: "began" } });
      return;
    case "start_build":
      startBuild(world, by, row, then);
      return;
    case "drop_build":
      if (attempt <= 1) {
        then({ is: "event", event: { event: "dropped" } });
        return;
      }
      ask<null>(
        world,
        by,
        "ci",
        (reply) => {
          cancelJob(world, row.id);
          reply({ is: "answer", value: null });
        },
        () => then({ is: "event", event: { event: "dropped" } }),
        then,
      );
      return;
    case "look_at_build":
      lookAtBuild(world, by, row, asked.cancel, then);
      return;
    case "drop_release":
      world.pins.delete(row.id);
      then({ is: "event", event: { event: "dropped" } });
      return;
    case "release":
      makeRelease(world, by, row, then);
      return;
    case "run":
      runCommand(world, by, row, asked.cancel, then);
      return;
    case "roll_out":
      rollOut(world, by, row, asked.abort, then);
      return;
    case "none":
      return;
  }
};

const startBuild = (world: World, by: Process, row: DeploymentRow, then: Then): void =>
  ask<JobId>(
    world,
    by,
    "ci",
    (reply) => {
      const fate = world.behaviours.get(behaviourOf(row.wants))?.build ?? "good";
      reply({ is: "answer", value: createJob(world, row.id, newJobId(world), fate).id });
    },
    (jobId) =>
      then({
        is: "event",
        event: { event: "build_started", jobId },
        lost: () => {
          if (!world.deployments.deployments.has(row.id)) cancelJob(world, row.id);
        },
      }),
    then,
  );

const lookAtBuild = (world: World, by: Process, row: DeploymentRow, cancel: boolean, then: Then): void =>
  ask<{ state: string; reason: string | null }>(
    world,
    by,
    "ci",
    (reply) => {
      if (cancel) cancelJob(world, row.id);
      const job = world.ci.jobs.get(row.id);
      if (job === undefined) return reply({ is: "refused", code: "not_found" });
      reply({ is: "answer", value: { state: job.state, reason: job.reason } });
    },
    ({ state, reason }) => {
      if (state === "succeeded")
        return then({ is: "event", event: { event: "build", build: { state, result: RESULT } } });
      if (state === "failed")
        return then({
          is: "event",
          event: { event: "build", build: { state, reason: { code: reason ?? "", message: "" } } },
        });
      const build = state === "cancelled" ? ({ state } as const) : ({ state: "underway" } as const);
      then({ is: "event", event: { event: "build", build } });
    },
    then,
  );

const IMAGE = { repository: "home/shop/api", digest: `sha256:${"0".repeat(64)}` };
const RESULT = { ...IMAGE, preset: "image", explanation: "" };

/** A behaviour belongs to what is deployed; it is looked up by a name, as an image is by its digest. */
export const behaviourOf = ({ behaviour }: Wanted): string => `b${behaviour}`;

const makeRelease = (world: World, by: Process, row: DeploymentRow, then: Then): void =>
  ask<null>(
    world,
    by,
    "ci", // the registry, which is as good as always there
    (reply) => {
      // NOTE: a pin that is carried out after its unpin stays for ever; the registry does not know that it came too late.
      const isLate = FINAL_STATES.includes((world.deployments.deployments.get(row.id)?.state ?? "cancelled") as never);
      if (row.cause.kind !== "release" && !isLate) world.pins.add(row.id);
      reply({ is: "answer", value: null });
    },
    () =>
      then({
        is: "event",
        event: { event: "released", releaseId: "" as ReleaseId, generation: 0, runId: null },
        within: () => {
          const { deployments: db } = world;
          const service = db.services.get(row.workloadId);
          if (service === undefined) return null;
          let runId: RunId | null = null;
          let releaseId: ReleaseId;
          if (row.cause.kind === "release") releaseId = row.cause.releaseId;
          else {
            releaseId = newIdOf<ReleaseId>(world, "rel");
            service.lastNumber += 1;
            db.releases.set(releaseId, {
              id: releaseId,
              workloadId: row.workloadId,
              number: service.lastNumber,
              state: "pending",
              wants: row.wants,
            });
            const behaviour = world.behaviours.get(behaviourOf(row.wants));
            if (behaviour !== undefined) world.behaviours.set(releaseId, behaviour);
            if (behaviour !== undefined && behaviour.preDeploy !== "none") runId = newIdOf<RunId>(world, "pre");
          }
          service.generation += 1;
          return { event: "released", releaseId, generation: service.generation, runId };
        },
        lost: () => letGoOfImage(world, row),
      }),
    then,
  );

/** What clusters is asked to run. */
const specOf = (world: World, row: DeploymentRow): ReleaseSpec | null => {
  const release = row.releaseId === null ? undefined : world.deployments.releases.get(row.releaseId);
  if (release === undefined) return null;
  const { replicas, strategy, volumes, health, graceSeconds } = release.wants;
  return {
    kind: "service",
    replicas,
    strategy,
    restart: "always",
    volumes,
    releaseId: release.id,
    number: release.number,
    image: IMAGE,
    port: 3000,
    health,
    resources: {},
    hosts: ["api.localhost"],
    stabilitySeconds: 1,
    graceSeconds,
  };
};

const runCommand = (world: World, by: Process, row: DeploymentRow, cancel: boolean, then: Then): void => {
  const { runId, workloadId } = row;
  if (runId === null) return;
  ask<RunState>(
    world,
    by,
    "clusters",
    (reply, target) => {
      const spec = specOf(world, row);
      const refusal = cancel || spec === null ? null : createRun(world, target, { id: runId, workloadId, spec });
      if (refusal !== null) return reply({ is: "refused", code: refusal });
      const run = cancel ? cancelRun(world, target, runId) : (world.clusters.runs.get(runId) ?? null);
      reply({ is: "answer", value: toRunState(run) });
    },
    (run) => then({ is: "event", event: { event: "run", run } }),
    then,
  );
};

/** One that was never started is cancelled. */
const toRunState = (run: RunRow | null): RunState => {
  if (run === null || run.state === "cancelled") return { state: "cancelled" };
  if (run.state === "failed") return { state: "failed", reason: run.reason ?? { code: "unknown", message: "" } };
  return run.state === "succeeded" ? { state: "succeeded" } : { state: "underway" };
};

const rollOut = (world: World, by: Process, row: DeploymentRow, abort: boolean, then: Then): void => {
  const { workloadId, generation } = row;
  if (generation === null) return;
  ask<RolloutState>(
    world,
    by,
    "clusters",
    (reply, target) => {
      const spec = specOf(world, row);
      const refusal =
        abort || spec === null
          ? abortRollout(world, target, workloadId, generation)
          : putWorkload(world, target, { workloadId, generation, spec });
      if (abort && refusal === "not_found") return reply({ is: "answer", value: { state: "aborted" } });
      if (refusal !== null) return reply({ is: "refused", code: refusal });
      reply({ is: "answer", value: rolloutOf(world, row, abort) });
    },
    (rollout) => {
      const behaviour = world.behaviours.get(row.releaseId ?? "");
      const hasCommand = row.cause.kind !== "release" && behaviour !== undefined && behaviour.postDeploy !== "none";
      const runId = rollout.state === "succeeded" && hasCommand ? newIdOf<RunId>(world, "post") : null;
      then({ is: "event", event: { event: "rollout", rollout, runId } });
    },
    then,
  );
};

/** `toRolloutState`. */
const rolloutOf = ({ clusters }: World, { workloadId, generation }: DeploymentRow, abort: boolean): RolloutState => {
  const workload = clusters.workloads.get(workloadId);
  if (workload === undefined || generation === null) return { state: "aborted" };
  if (workload.generation > generation) return { state: "aborted" };
  if (workload.generation < generation) return { state: abort ? "aborted" : "underway" };
  const { rollout } = workload;
  if (rollout.state === "failed") return { state: "failed", reason: rollout.reason };
  return rollout.state === "running" || rollout.state === "switching"
    ? { state: "underway" }
    : { state: rollout.state };
};

/** `letGoOfImage`: unpins the image of a deployment that is over without a release, or was removed with its service. */
export const letGoOfImage = (world: World, { id }: DeploymentRow): void => {
  const now = world.deployments.deployments.get(id);
  if (now === undefined || (now.releaseId === null && FINAL.has(now.state))) world.pins.delete(id);
};

const FINAL: ReadonlySet<string> = new Set(FINAL_STATES);
