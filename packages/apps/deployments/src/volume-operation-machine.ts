import type { Reason } from "@homeport/ci/contract.ts";
import type { NodeId } from "@homeport/kit/ids.ts";
import type { NodeTaskState, RolloutState } from "./ports.ts";
import { reasonOf } from "./reason.ts";
import { MAX_START_TRIES, stepsOf, type VolumeOperation, type VolumeStep } from "./volume-operation.ts";
import type { Archive } from "./volume-snapshot.ts";

/**
 * How an operation on a volume goes on. Pure, like the machine of deployments: `nextCall` says what to ask for, `step` what
 * the answer makes of the operation, and whoever carries that out may die anywhere and begin with `nextCall` again.
 *
 *     pending ─► stopping ─► saving ─► working ─► starting ─► over
 *                                         └─► undoing ─┘
 *
 * Without replicas the first and the last are left out; only a restore saves, and only a restore that broke off is undone.
 * What was stopped is started again, whatever went wrong; but not with a volume that holds half a snapshot.
 */
export type View = Pick<VolumeOperation, "kind" | "state" | "step" | "hasStop" | "savedId" | "startTries" | "reason">;

/** What to ask next. Every call may be repeated. */
export type Call =
  | { call: "place" }
  | { call: "roll_out"; which: "stop" | "start" }
  | { call: "task"; which: TaskName };
export type TaskName = "save" | "work" | "undo";

export type Event =
  | { event: "placed"; nodeId: NodeId; hasStop: boolean }
  | { event: "rollout"; rollout: RolloutState }
  | { event: "task"; task: NodeTaskState }
  /** An answer that repeating does not change, or its time is over. */
  | { event: "refused"; reason: Reason };

export type Change = {
  state?: "running" | "succeeded" | "failed";
  step?: VolumeStep | null;
  nodeId?: NodeId;
  hasStop?: boolean;
  startTries?: number;
  reason?: Reason;
};

/** What has to become so together with the change. */
export type Effect =
  /** The workload's next generation is that of the rollout which begins now. */
  | { effect: "take_generation"; which: "stop" | "start" }
  | { effect: "snapshot_ready"; which: "made" | "saved"; archive: Archive }
  /** Nobody needs it, and nobody knows what the node has of it. */
  | { effect: "drop_snapshot"; which: "made" | "saved" }
  /** The size holds for the volume from now on. */
  | { effect: "resized" }
  | { effect: "tell"; what: "started" | "succeeded" | "failed" };

/** `again`: at once, or after a while. */
export type Next = { change: Change; effects: Effect[]; again: "now" | "later" };

export const nextCall = ({ step }: Pick<View, "step">): Call => {
  switch (step) {
    case null:
      return { call: "place" };
    case "stopping":
      return { call: "roll_out", which: "stop" };
    case "saving":
      return { call: "task", which: "save" };
    case "working":
      return { call: "task", which: "work" };
    case "undoing":
      return { call: "task", which: "undo" };
    case "starting":
      return { call: "roll_out", which: "start" };
  }
};

const WAIT: Next = { change: {}, effects: [], again: "later" };

export const step = (view: View, event: Event): Next => {
  switch (event.event) {
    case "placed": {
      const { nodeId, hasStop } = event;
      const next = enter(stepsOf(view.kind, hasStop)[0] ?? "working");
      const change: Change = { ...next.change, state: "running", nodeId, hasStop };
      return { ...next, change, effects: [...next.effects, { effect: "tell", what: "started" }] };
    }
    case "rollout":
      if (event.rollout.state === "underway") return WAIT;
      return view.step === "starting" ? afterStart(view, event.rollout) : afterStop(view, event.rollout);
    case "task":
      return afterTask(view, event.task);
    case "refused":
      return afterRefusal(view, event.reason);
  }
};

const enter = (step: VolumeStep): Next => {
  const rollout = step === "stopping" ? "stop" : step === "starting" ? "start" : null;
  const effects: Effect[] = rollout === null ? [] : [{ effect: "take_generation", which: rollout }];
  return { change: { step }, effects, again: "now" };
};

/** The step after this one, or the end. */
const goOn = (view: View): Next => {
  const steps = stepsOf(view.kind, view.hasStop === true);
  const next = view.step === null ? undefined : steps[steps.indexOf(view.step) + 1];
  return next === undefined ? end(view.reason) : enter(next);
};

const end = (reason: Reason | null): Next => {
  const state = reason === null ? "succeeded" : "failed";
  const change: Change = { state, step: null, ...(reason === null ? {} : { reason }) };
  return { change, effects: [{ effect: "tell", what: state }], again: "now" };
};

/** It comes to nothing, and what was stopped is started again. */
const giveUp = (view: View, reason: Reason, effects: Effect[] = []): Next => {
  if (view.hasStop !== true) return joined(end(reason), {}, effects);
  return joined(enter("starting"), { reason }, effects);
};

const joined = (next: Next, change: Change, effects: Effect[]): Next => ({
  ...next,
  change: { ...next.change, ...change },
  effects: [...effects, ...next.effects],
});

const afterStop = (view: View, rollout: Exclude<RolloutState, { state: "underway" }>): Next => {
  switch (rollout.state) {
    case "succeeded":
      return goOn(view);
    case "aborted":
      return giveUp(view, reasonOf("conflict", "Something else was rolled out meanwhile."), dropped(view));
    case "failed":
      return giveUp(view, prefixed("The service could not be stopped.", rollout.reason), dropped(view));
  }
};

/** Snapshots that will not be made any more. */
const dropped = ({ kind }: Pick<View, "kind">): Effect[] => {
  if (kind === "snapshot") return [{ effect: "drop_snapshot", which: "made" }];
  return kind === "restore" ? [{ effect: "drop_snapshot", which: "saved" }] : [];
};

const afterTask = (view: View, task: NodeTaskState): Next => {
  if (task.state === "underway") return WAIT;
  if (task.state === "failed") return afterFailedTask(view, task.reason);
  if (view.step === "undoing")
    return giveUp(view, suffixed(view.reason ?? UNKNOWN, "What was there before was put back."));
  const { result } = task;
  if (result.kind === "volume.resize") return joined(goOn(view), {}, [{ effect: "resized" }]);
  if (result.kind !== "volume.snapshot") return goOn(view);
  const { bytes, sha256, consistent } = result;
  const which = view.step === "saving" ? "saved" : "made";
  return joined(goOn(view), {}, [{ effect: "snapshot_ready", which, archive: { bytes, sha256, consistent } }]);
};

const UNKNOWN = reasonOf("unknown", "");

/** Answers of a node that left the volume as it was. */
const UNTOUCHED = new Set(["snapshot_damaged", "snapshot_not_found", "volume_in_use", "stale_epoch", "not_supported"]);

const afterFailedTask = (view: View, reason: Reason): Next => {
  if (view.step === "saving") {
    // the volume is not there any more, which is why somebody restores it
    if (reason.code === "volume_not_found") return joined(goOn(view), {}, dropped(view));
    return giveUp(
      view,
      prefixed("What the volume holds could not be saved, so nothing was changed.", reason),
      dropped(view),
    );
  }
  if (view.step === "undoing") {
    const sentence = `What was there before could not be put back either. ${reason.message} ${leftBroken(view)}`;
    return end(suffixed(view.reason ?? UNKNOWN, sentence));
  }
  if (view.kind === "snapshot") return giveUp(view, reason, dropped(view));
  if (view.kind !== "restore" || UNTOUCHED.has(reason.code)) return giveUp(view, reason);
  if (view.savedId !== null) return { change: { step: "undoing", reason }, effects: [], again: "now" };
  return end(suffixed(reason, leftBroken(view)));
};

/** A service that began with half of its data could make that the only half. */
const leftBroken = ({ hasStop }: View): string =>
  hasStop === true
    ? "The volume may hold a part of the snapshot, so the service stays stopped: restore a snapshot, then deploy."
    : "The volume may hold a part of the snapshot: restore one.";

const afterStart = (view: View, rollout: Exclude<RolloutState, { state: "underway" }>): Next => {
  // whatever took its place has started it
  if (rollout.state !== "failed") return end(view.reason);
  return afterFailedStart(view, rollout.reason);
};

const afterFailedStart = (view: View, reason: Reason): Next => {
  const startTries = view.startTries + 1;
  if (startTries < MAX_START_TRIES) return joined(enter("starting"), { startTries }, []);
  if (view.reason !== null) return end(suffixed(view.reason, `The service did not start again. ${reason.message}`));
  const done = "It was done, but the service did not start again.";
  return end({ ...prefixed(done, reason), code: "service_not_started" });
};

const afterRefusal = (view: View, reason: Reason): Next => {
  switch (view.step) {
    case null:
      return joined(end(reason), {}, dropped(view));
    case "stopping":
      return giveUp(view, reason, dropped(view));
    case "starting":
      return afterFailedStart(view, reason);
    default:
      return afterFailedTask(view, reason);
  }
};

const MAX_MESSAGE = 2000;

const prefixed = (sentence: string, reason: Reason): Reason => ({
  ...reason,
  message: `${sentence} ${reason.message}`.slice(0, MAX_MESSAGE),
});

/** What became of it is told in any case, also after a long reason. */
const suffixed = (reason: Reason, sentence: string): Reason => ({
  ...reason,
  message: `${reason.message.slice(0, Math.max(0, MAX_MESSAGE - sentence.length - 1))} ${sentence}`.slice(
    0,
    MAX_MESSAGE,
  ),
});
