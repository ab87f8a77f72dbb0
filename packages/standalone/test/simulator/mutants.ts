import { type Action, act, type Plan, type RolloutView } from "@homeport/clusters/plan.ts";
import { wantedReplicas } from "@homeport/clusters/workload.ts";
import { REAL, type Rules } from "./rules.ts";

/** The platform with one thing broken. The simulator is worth something as long as it finds each of them. */
export type Mutant = { name: string; rules: Rules };

const plan = (change: (view: RolloutView, real: Plan) => Plan): Rules => ({
  ...REAL,
  planWorkload: (view) => change(view, REAL.planWorkload(view)),
});

const isRunning = ({ workload }: RolloutView): boolean => workload.rollout.state === "running" && !workload.removing;

/** Traffic for candidates that are there and not ready. */
const switchEarly = (view: RolloutView, real: Plan): Plan => {
  const { workload, release } = view;
  if (!isRunning(view) || release.strategy.kind !== "rolling" || real.actions.length > 0) return real;
  const candidates = view.replicas.filter(
    ({ role, generation }) => role === "candidate" && generation === workload.generation,
  );
  if (candidates.length === 0 || candidates.length < wantedReplicas(release)) return real;
  return act({ do: "switch", replicaIds: candidates.map(({ id }) => id) });
};

/** A release that must be alone starts while the one before is still going away. */
const startBeside = (view: RolloutView, real: Plan): Plan => {
  const { workload, release } = view;
  const isAlone = isRunning(view) && release.strategy.kind === "recreate" && workload.offSince !== null;
  if (!isAlone || view.replicas.some(({ role }) => role === "serving")) return real;
  const staying = view.replicas.filter(({ role }) => role !== "draining" && role !== "stopping");
  const starts = REAL.planWorkload({ ...view, replicas: staying }).actions.filter(
    (action) => action.do === "start_candidate",
  );
  const others = real.actions.filter((action) => action.do !== "start_candidate");
  return { ...real, actions: [...others, ...starts] };
};

/** Nobody waits for what gateways say of a drain. */
const acknowledgeEarly = (view: RolloutView, real: Plan): Plan => {
  const early = view.replicas.flatMap(({ id, role, drain }): Action[] =>
    role === "draining" && drain !== null && drain.acknowledgedAt === null
      ? [{ do: "acknowledge_drain", replicaId: id }]
      : [],
  );
  const others = real.actions.filter((action) => action.do !== "acknowledge_drain");
  return early.length === 0 ? real : { ...real, actions: [...others, ...early] };
};

export const MUTANTS: readonly Mutant[] = [
  { name: "a write under a lease that was lost is taken", rules: { ...REAL, checksLease: false } },
  { name: "a switch does not wait for replicas to be ready", rules: plan(switchEarly) },
  { name: "a recreated release does not wait for the old one to be gone", rules: plan(startBeside) },
  { name: "a drain does not wait for the gateways", rules: plan(acknowledgeEarly) },
  { name: "a canary that is given up keeps its traffic", rules: { ...REAL, givesBack: false } },
  {
    name: "an agent acts on an older generation",
    rules: {
      ...REAL,
      supersedes: (next, current, nodeId) => next.nodeId === nodeId && next.generation !== current?.generation,
    },
  },
];

/** Bugs that the simulator found in the platform, which they have no more. */
export const FORMER_BUGS = {
  "what ended as a candidate in the moment of its switch was never started again": {
    ...REAL,
    planNode: (view) => {
      const real = REAL.planNode(view);
      const hasFailed = (id: string): boolean => (view.memory.get(id)?.failure ?? null) !== null;
      return {
        ...real,
        actions: real.actions.filter((action) => action.kind !== "start" || !hasFailed(action.replica.id)),
      };
    },
  },
  "a report of an agent's earlier life made the control plane deaf to the next": { ...REAL, noticesRefusal: false },
} as const satisfies Record<string, Rules>;
