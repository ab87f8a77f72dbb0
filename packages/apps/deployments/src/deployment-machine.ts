import type { BuildResult, Reason } from "@homeport/ci/contract.ts";
import type { JobId, ReleaseId, RunId } from "@homeport/kit/ids.ts";
import type { DeploymentState, FinalState } from "./deployment.ts";
import type { BuildState, RolloutState, RunState } from "./ports.ts";
import { reasonOf } from "./reason.ts";

/**
 * How a deployment goes on. All transitions are here, and nothing but them: `nextCall` says what to ask of the other apps,
 * `step` what their answer makes of the deployment. Both are pure, so a simulator can drive them; whoever carries them out
 * may die anywhere and begin with `nextCall` again.
 *
 *     queued ─► building ─► releasing ─► pre_deploying ─► rolling_out ─► post_deploying ─► live
 *
 * A deployment without a build, or without one of the commands, passes that state over. Failing or being cancelled is
 * possible before the traffic has changed over; after that it can only go live.
 */
export type View = {
  state: DeploymentState;
  cause: "build" | "image" | "configuration" | "promotion" | "release";
  cancelRequested: boolean;
  jobId: JobId | null;
  releaseId: ReleaseId | null;
  generation: number | null;
  /** The one-off command of `pre_deploying` and `post_deploying`. */
  runId: RunId | null;
};

/** What to ask next. Every call may be repeated. */
export type Call =
  | { call: "none" }
  | { call: "begin" }
  /** Nothing was begun, as far as the row knows: what a dead process may have begun is cancelled with it. */
  | { call: "drop_build" }
  | { call: "start_build" }
  | { call: "look_at_build"; jobId: JobId; cancel: boolean }
  | { call: "drop_release" }
  | { call: "release" }
  | { call: "run"; which: "pre_deploy" | "post_deploy"; cancel: boolean }
  | { call: "roll_out"; abort: boolean };

export type Event =
  | { event: "began" }
  | { event: "build_started"; jobId: JobId }
  | { event: "build"; build: BuildState }
  /** `runId` when it has a command to run before the traffic changes over. */
  | { event: "released"; releaseId: ReleaseId; generation: number; runId: RunId | null }
  | { event: "run"; run: RunState }
  /** `runId` when it has a command to run afterwards. */
  | { event: "rollout"; rollout: RolloutState; runId: RunId | null }
  | { event: "dropped" }
  /** An answer that repeating does not change. */
  | { event: "refused"; reason: Reason };

export type Change = {
  state?: DeploymentState;
  jobId?: JobId;
  build?: BuildResult;
  releaseId?: ReleaseId;
  generation?: number;
  runId?: RunId | null;
  reason?: Reason;
};

/** What has to become so together with the change. */
export type Effect =
  | { effect: "make_release_live"; releaseId: ReleaseId }
  | { effect: "fail_release"; releaseId: ReleaseId }
  | { effect: "tell"; what: "started" | FinalState; reason: Reason | null };

/** `again`: at once, or when something was heard of it. */
export type Next = { change: Change; effects: Effect[]; again: "now" | "later" };

export const nextCall = ({ state, cancelRequested, jobId }: View): Call => {
  switch (state) {
    case "queued":
      return { call: "begin" };
    case "building":
      if (jobId !== null) return { call: "look_at_build", jobId, cancel: cancelRequested };
      return { call: cancelRequested ? "drop_build" : "start_build" };
    case "releasing":
      return { call: cancelRequested ? "drop_release" : "release" };
    case "pre_deploying":
      return { call: "run", which: "pre_deploy", cancel: cancelRequested };
    case "rolling_out":
      return { call: "roll_out", abort: cancelRequested };
    case "post_deploying":
      return { call: "run", which: "post_deploy", cancel: cancelRequested };
    default:
      return { call: "none" };
  }
};

export const step = (view: View, event: Event): Next => {
  switch (event.event) {
    case "began":
      return {
        change: { state: view.cause === "build" ? "building" : "releasing" },
        effects: [{ effect: "tell", what: "started", reason: null }],
        again: "now",
      };
    case "build_started":
      return goOn({ jobId: event.jobId });
    case "build":
      return afterBuild(view, event.build);
    case "released": {
      const { releaseId, generation, runId } = event;
      return goOn({ state: runId === null ? "rolling_out" : "pre_deploying", releaseId, generation, runId });
    }
    case "run":
      return view.state === "post_deploying" ? afterPostDeploy(event.run) : afterPreDeploy(view, event.run);
    case "rollout":
      return afterRollout(view, event.rollout, event.runId);
    case "dropped":
      return end(view, "cancelled");
    case "refused":
      // The traffic has changed over by then, so what is refused is only the command.
      return view.state === "post_deploying" ? live(event.reason) : end(view, "failed", event.reason);
  }
};

const goOn = (change: Change): Next => ({ change, effects: [], again: "now" });
const WAIT: Next = { change: {}, effects: [], again: "later" };

const end = ({ releaseId }: View, state: "failed" | "cancelled", reason: Reason | null = null): Next => ({
  change: { state, ...(reason === null ? {} : { reason }) },
  effects: [
    ...(releaseId === null ? [] : [{ effect: "fail_release" as const, releaseId }]),
    { effect: "tell", what: state, reason },
  ],
  again: "now",
});

const live = (reason: Reason | null = null): Next => ({
  change: { state: "live", ...(reason === null ? {} : { reason }) },
  effects: [{ effect: "tell", what: "live", reason }],
  again: "now",
});

const afterBuild = (view: View, build: BuildState): Next => {
  switch (build.state) {
    case "underway":
      return WAIT;
    case "cancelled":
      return end(view, "cancelled");
    case "failed":
      return end(view, "failed", build.reason);
    case "succeeded":
      return goOn({ state: "releasing", build: build.result });
  }
};

const afterPreDeploy = (view: View, run: RunState): Next => {
  switch (run.state) {
    case "underway":
      return WAIT;
    case "cancelled":
      return end(view, "cancelled");
    case "failed":
      return end(view, "failed", {
        ...run.reason,
        message: `The pre-deploy command failed. ${run.reason.message}`.slice(0, 2000),
      });
    case "succeeded":
      return goOn({ state: "rolling_out", runId: null });
  }
};

const afterRollout = (view: View, rollout: RolloutState, runId: View["runId"]): Next => {
  switch (rollout.state) {
    case "underway":
      return WAIT;
    case "aborted":
      return end(view, "cancelled");
    case "failed":
      return end(view, "failed", rollout.reason);
    case "succeeded": {
      const isLive: Effect[] =
        view.releaseId === null ? [] : [{ effect: "make_release_live", releaseId: view.releaseId }];
      const next = runId === null ? live() : goOn({ state: "post_deploying", runId });
      return { ...next, effects: [...isLive, ...next.effects] };
    }
  }
};

/** It has the traffic, whatever becomes of the command; how that ended is told beside. */
const afterPostDeploy = (run: RunState): Next => {
  switch (run.state) {
    case "underway":
      return WAIT;
    case "succeeded":
      return live();
    case "cancelled":
      return live(reasonOf("post_deploy_cancelled", "The post-deploy command was stopped; the release is live."));
    case "failed":
      return live({
        ...run.reason,
        code: "post_deploy_failed",
        message: `The release is live, but its post-deploy command failed. ${run.reason.message}`.slice(0, 2000),
      });
  }
};
