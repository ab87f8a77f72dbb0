import { invariant } from "@homeport/kit/errors.ts";
import {
  ACKNOWLEDGE_POLL_MS,
  act,
  after,
  earliest,
  isApplied,
  lookAt,
  type Plan,
  type RolloutView,
  together,
} from "./plan.ts";
import { endWith, gather, planRolling } from "./rolling.ts";
import { addCounts, type Counts, errorRate, type StepTraffic } from "./traffic.ts";
import { type CanaryStep, type Reason, type Strategy, wantedReplicas } from "./workload.ts";

type CanaryStrategy = Extract<Strategy, { kind: "canary" }>;

/** How soon to look at the figures again; gateways tell them about once in a second. */
const LOOK_MS = 1_000;
/** A step may take up to this many times its time when gateways cannot be read. */
const PATIENCE = 2;

/** One step after the other: replicas for the step's part of the traffic, its weight, its time. Then the rest, and the switch. */
export const planCanary = (view: RolloutView, strategy: CanaryStrategy): Plan => {
  const { rollout, generation } = view.workload;
  invariant(rollout.state === "running", "only a running rollout has steps");
  const stable = view.replicas.some((replica) => replica.role === "serving" && replica.generation !== generation);
  const wanted = wantedReplicas(view.release);
  const step = rollout.phase.at === "canary" ? rollout.phase : null;
  // Beside nothing there is nothing to share traffic with.
  if (step === null && (!stable || wanted === 0)) return planRolling(view);
  const judged: Judged = step === null ? { is: "over" } : judgeStep(view, strategy, step);
  if (judged.is === "failed") return endWith(view, judged.reason);
  const index = step === null ? 0 : judged.is === "over" ? step.index + 1 : step.index;
  const ready = gather(view, replicasFor(strategy, index, wanted));
  if (ready.is === "underway" && ready.plan.actions.some((action) => action.do === "fail" || action.do === "restore")) {
    return ready.plan;
  }
  if (judged.is === "going") return judged.plan;
  if (ready.is === "underway") return together([ready.plan, lookAt(after(view.now, LOOK_MS))]);
  const replicaIds = ready.replicas.map(({ id }) => id);
  return act(index < strategy.steps.length ? { do: "weigh", index, replicaIds } : { do: "switch", replicaIds });
};

/** As many of the release's replicas as its part of the traffic: at least one, and all of them after the last step. */
const replicasFor = ({ steps }: CanaryStrategy, index: number, wanted: number): number => {
  const step = steps[index];
  return step === undefined ? wanted : Math.max(1, Math.ceil((wanted * step.weight) / 100));
};

type Judged = { is: "going"; plan: Plan } | { is: "over" } | { is: "failed"; reason: Reason };

/** What is to be thought of a step that has traffic. */
const judgeStep = (view: RolloutView, strategy: CanaryStrategy, step: CanaryStep): Judged => {
  const going = (plan: Plan): Judged => ({ is: "going", plan });
  const { acknowledgedAt, measuredSince } = step;
  if (acknowledgedAt === null) {
    const applied = isApplied(view, step.revision, step.since);
    return going(applied ? act({ do: "acknowledge_step" }) : lookAt(after(view.now, ACKNOWLEDGE_POLL_MS)));
  }
  const traffic = view.stepTraffic;
  if (traffic !== null && isErring(strategy, traffic)) return { is: "failed", reason: erring(strategy, traffic) };
  if (step.passedAt !== null) return { is: "over" };
  const ms = (strategy.steps[step.index]?.seconds ?? 0) * 1000;
  const isMeasured = measuredSince !== null && traffic?.isComplete === true;
  if (isMeasured && after(measuredSince, ms) <= view.now) return going(act({ do: "pass_step" }));
  const latest = after(acknowledgedAt, PATIENCE * ms);
  if (latest <= view.now) {
    return isQuiet(traffic) ? going(act({ do: "pass_step" })) : { is: "failed", reason: unmeasured };
  }
  if (view.isTrafficKnown && !isMeasured) return going(act({ do: "measure" }));
  const soonest = isMeasured ? after(measuredSince, ms) : latest;
  return going(lookAt(earliest([soonest, latest, after(view.now, LOOK_MS)]) ?? latest));
};

const isErring = ({ maxErrorPercent, minRequests }: CanaryStrategy, { canary, stable }: StepTraffic): boolean => {
  const rate = errorRate(canary);
  return canary.requests >= minRequests && rate * 100 > maxErrorPercent && rate > errorRate(stable);
};

const isQuiet = (traffic: StepTraffic | null): boolean =>
  traffic !== null && addCounts(traffic.canary, traffic.stable).requests === 0;

const erring = ({ maxErrorPercent }: CanaryStrategy, { canary, stable }: StepTraffic): Reason => ({
  code: "canary_failed",
  message:
    `The new release answered ${inWords(canary)} with errors, the old one ${inWords(stable)}. ` +
    `At most ${maxErrorPercent} % are allowed, so all traffic went back to the old one.`,
});

const inWords = (counts: Counts): string =>
  `${counts.errors} of ${counts.requests} requests (${(errorRate(counts) * 100).toFixed(1)} %)`;

const unmeasured: Reason = {
  code: "canary_unmeasured",
  message: "Gateways could not be asked how the new release does, so all traffic went back to the old one.",
};
