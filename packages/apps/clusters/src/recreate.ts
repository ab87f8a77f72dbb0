import { hasPlace, waitForPlace } from "./placement.ts";
import {
  act,
  after,
  isNodeOnline,
  lookAt,
  NODE_POLL_MS,
  NODE_WAIT_MS,
  nodeOf,
  type Plan,
  type RolloutView,
  unreachable,
  waitsForNodeUntil,
} from "./plan.ts";
import type { Replica } from "./replica.ts";
import { endWith, isOfRollout, planRolling } from "./rolling.ts";
import { isAlone, isWhole } from "./standing.ts";
import { type Reason, wantedReplicas } from "./workload.ts";

/** What an agent may need for a stop beyond both graces: it may be busy, and its report has to arrive. */
const STOP_SLACK_MS = 60_000;

/** Old replicas off the routes, drained, stopped and gone; only then the new ones. */
export const planRecreate = (view: RolloutView): Plan => {
  const others = view.replicas.filter((replica) => !isOfRollout(view, replica));
  if (others.some(({ role }) => role === "serving")) return planTakingOff(view, others);
  if (others.length === 0) return planRolling(view);
  const { offSince, rollout } = view.workload;
  const giveUpAt = after(offSince ?? rollout.startedAt, stopDeadlineMs(view));
  if (giveUpAt > view.now) return lookAt(giveUpAt);
  const message = "What ran before did not stop in time, and nothing may be started beside it.";
  return endWith(view, { code: "not_stopped", message });
};

/** Nothing is taken away from those who use it before there is a node for the new release, and one that can stop the old. */
const planTakingOff = (view: RolloutView, others: Replica[]): Plan => {
  if (wantedReplicas(view.release) > 0 && !hasPlace(view)) {
    const place = waitForPlace(view);
    return place.is === "failed" ? endWith(view, place.reason) : place.plan;
  }
  const away = others.find((replica) => !isNodeOnline(view, replica));
  if (away === undefined) return act({ do: "take_off" });
  const until = waitsForNodeUntil(view, nodeOf(view, away)?.lastSeenAt ?? away.createdAt);
  if (until > view.now) return lookAt(after(view.now, NODE_POLL_MS));
  return endWith(view, { code: "node_unreachable", message: `What runs now cannot be stopped. ${unreachable}` });
};

const stopDeadlineMs = ({ graceSeconds }: RolloutView): number =>
  2 * Math.max(0, ...graceSeconds.values()) * 1000 + NODE_WAIT_MS + STOP_SLACK_MS;

/** After a failure: the old release is started again by `planStanding`; the rollout ends with how that went. */
export const planRestoring = (view: RolloutView, { reason, since }: { reason: Reason; since: Date }): Plan => {
  const { serving, repairs } = view.workload;
  if (serving === null || isWhole(view)) return act({ do: "fail", reason });
  if (repairs.count > 0) return act({ do: "fail", reason: notRestored(reason) });
  const isStarting = view.replicas.some(
    ({ role, generation }) => role === "candidate" && generation === serving.generation,
  );
  if (isStarting) return lookAt(after(view.now, NODE_POLL_MS)); // it becomes ready or fails by its own deadlines
  const giveUpAt = after(since, stopDeadlineMs(view));
  if (giveUpAt <= view.now) return act({ do: "fail", reason: notRestored(reason) });
  return isAlone(view, serving.generation) ? lookAt(after(view.now, NODE_POLL_MS)) : lookAt(giveUpAt);
};

const notRestored = (reason: Reason): Reason =>
  withSentence(reason, "The old release could not be started again at once; it is tried on.");

/** The reason of a failure, with how long nothing served because of it. */
export const withDowntime = (reason: Reason, offSince: Date, now: Date): Reason => {
  const seconds = Math.max(1, Math.round((now.getTime() - offSince.getTime()) / 1000));
  const time = seconds === 1 ? "1 second" : `${seconds} seconds`;
  return withSentence(reason, `The old release serves again; nothing did for ${time}.`);
};

const MAX_MESSAGE = 2000;

const withSentence = (reason: Reason, sentence: string): Reason => ({
  ...reason,
  message: `${reason.message.slice(0, MAX_MESSAGE - sentence.length - 1)} ${sentence}`,
});
