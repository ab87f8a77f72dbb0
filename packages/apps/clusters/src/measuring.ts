import { act, after, lookAt, type Measuring, nothing, type Plan, type RolloutView } from "./plan.ts";
import { isRolling } from "./workload.ts";

/** Gateways tell what they count within about a second. */
const TOLD_MS = 1_500;
/** How long to ask gateways that do not answer before the rollout stays without figures. */
const ASK_MS = 30_000;
const POLL_MS = 1_000;

/** Takes down what was counted during a rollout, once it is over and what it replaced has drained. */
export const planMeasuring = (view: RolloutView, { generation, revision, drainedAt }: Measuring): Plan => {
  const { workload, now } = view;
  if (generation === workload.generation && isRolling(workload.rollout)) return nothing;
  if (drainedAt === null) {
    const drains = view.replicas.some(
      ({ role, drain }) => role === "draining" && drain !== null && drain.revision <= revision,
    );
    return drains ? nothing : act({ do: "note_drained", generation });
  }
  const toldAt = after(drainedAt, TOLD_MS);
  if (toldAt > now) return lookAt(toldAt);
  if (view.isTrafficKnown || after(drainedAt, ASK_MS) <= now) return act({ do: "settle", generation });
  return lookAt(after(now, POLL_MS));
};
