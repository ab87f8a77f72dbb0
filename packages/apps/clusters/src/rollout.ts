import { planCanary } from "./canary.ts";
import { planMeasuring } from "./measuring.ts";
import {
  ACKNOWLEDGE_POLL_MS,
  act,
  after,
  isApplied,
  lookAt,
  nothing,
  type Plan,
  type RolloutView,
  together,
} from "./plan.ts";
import { planRecreate, planRestoring } from "./recreate.ts";
import type { Replica } from "./replica.ts";
import { isStray, planRolling } from "./rolling.ts";
import { planStanding } from "./standing.ts";

export { PULL_DEADLINE_MS, START_SLACK_MS } from "./candidate.ts";
export { ACKNOWLEDGE_MS, type Action, NODE_WAIT_MS, type Place, type Plan, type RolloutView } from "./plan.ts";

/**
 * Decides what comes next for one workload. Pure and total: the same view gives the same plan, and a plan that was carried
 * out never comes again, so a controller may stop anywhere and start over.
 */
export const plan = (view: RolloutView): Plan => {
  const leaving = view.replicas.map((replica) => planLeaving(view, replica));
  if (view.workload.removing) return together([...leaving, planRemoval(view)]);
  const rollout = planRollout(view);
  // What serves may be another release after a step of the rollout, so it is looked at again then.
  const standing = rollout.actions.length > 0 ? nothing : planStanding(view);
  const measuring = view.measuring.map((each) => planMeasuring(view, each));
  return together([...leaving, rollout, standing, ...measuring]);
};

/** Draining, then stopping, then gone. */
const planLeaving = (view: RolloutView, replica: Replica): Plan => {
  if (replica.role === "stopping")
    return replica.stoppedAt === null ? nothing : act({ do: "forget", replicaId: replica.id });
  if (isStray(view, replica)) return act({ do: "stop", replicaId: replica.id });
  if (replica.role !== "draining" || replica.drain === null) return nothing;
  const { revision, since, acknowledgedAt } = replica.drain;
  if (acknowledgedAt === null) {
    if (!isApplied(view, revision, since)) return lookAt(after(view.now, ACKNOWLEDGE_POLL_MS));
    return act({ do: "acknowledge_drain", replicaId: replica.id });
  }
  const over = after(acknowledgedAt, drainMs(view, replica));
  return over <= view.now ? act({ do: "stop", replicaId: replica.id }) : lookAt(over);
};

/** What most requests need. */
const SHORT_DRAIN_MS = 1_000;

/**
 * How long a replica may finish what it had begun, before SIGTERM gives it as long again. Where the next release waits for
 * it to be gone nothing serves meanwhile, so that is short; and what has no address, such as a database, has nothing to finish.
 */
const drainMs = ({ workload, release, graceSeconds }: RolloutView, { generation }: Replica): number => {
  const graceMs = (graceSeconds.get(generation) ?? 0) * 1000;
  if (workload.rollout.state !== "running" || release.strategy.kind !== "recreate") return graceMs;
  return release.hosts.length === 0 ? 0 : Math.min(graceMs, SHORT_DRAIN_MS);
};

const planRemoval = (view: RolloutView): Plan =>
  view.replicas.length === 0 ? act({ do: "remove_workload" }) : nothing;

const planRollout = (view: RolloutView): Plan => {
  const { rollout } = view.workload;
  if (rollout.state === "switching") {
    const applied = isApplied(view, rollout.revision, rollout.switchedAt);
    return applied ? act({ do: "succeed" }) : lookAt(after(view.now, ACKNOWLEDGE_POLL_MS));
  }
  if (rollout.state !== "running") return nothing;
  if (rollout.phase.at === "restoring") return planRestoring(view, rollout.phase);
  const { strategy } = view.release;
  if (strategy.kind === "canary") return planCanary(view, strategy);
  return strategy.kind === "recreate" ? planRecreate(view) : planRolling(view);
};
