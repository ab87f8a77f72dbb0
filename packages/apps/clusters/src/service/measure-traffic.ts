import type { Tx } from "@homeport/kit/db/connect.ts";
import { type TrafficDifference, type TrafficSnapshot, trafficBetween } from "@homeport/kit/registry/read-traffic.ts";
import type { Replica } from "../replica.ts";
import {
  type Figures,
  findStepMeasure,
  findTrafficBefore,
  type StepMeasure,
  setStepMeasure,
  settleFigures,
} from "../store/measurements.ts";
import { addCounts, type Counts, NO_COUNTS, type StepTraffic } from "../traffic.ts";
import type { Workload } from "../workload.ts";

/**
 * What gateways say, or null while that is nothing: one that lives tells of a workload within about a second after its
 * route changed, so none at all means that nobody can be asked. Unless there is no gateway.
 */
export const knownTraffic = (
  traffic: TrafficSnapshot | null,
  gatewayRevision: number | null,
): TrafficSnapshot | null => (traffic?.gateways.length === 0 && gatewayRevision !== null ? null : traffic);

type Subject = { workload: Pick<Workload, "id" | "generation">; replicas: readonly Replica[] };

/** What was counted in the canary's step until `traffic`; null when it is not known, or not measured yet. */
export const readStepTraffic = async (
  tx: Tx,
  subject: Subject,
  traffic: TrafficSnapshot | null,
): Promise<StepTraffic | null> => {
  const measure = traffic === null ? null : await findStepMeasure(tx, subject.workload.id);
  return traffic === null || measure === null ? null : stepTraffic(subject, measure, traffic);
};

/** Begins to measure the canary's step from `traffic` on, with what was known until then. */
export const startMeasuring = async (
  tx: Tx,
  subject: Subject,
  traffic: TrafficSnapshot | null,
  now: Date,
): Promise<void> => {
  if (traffic === null) return;
  const known = await readStepTraffic(tx, subject, traffic);
  await setStepMeasure(tx, subject.workload.id, {
    since: now,
    snapshot: traffic,
    canary: known?.canary ?? NO_COUNTS,
    stable: known?.stable ?? NO_COUNTS,
  });
};

const stepTraffic = ({ workload, replicas }: Subject, measure: StepMeasure, traffic: TrafficSnapshot): StepTraffic => {
  const difference = trafficBetween(measure.snapshot, traffic);
  const canaries = new Set<string>(
    replicas.filter(({ generation }) => generation === workload.generation).map(({ id }) => id),
  );
  return {
    canary: addCounts(
      measure.canary,
      sumOf(difference, (id) => canaries.has(id)),
    ),
    stable: addCounts(
      measure.stable,
      sumOf(difference, (id) => !canaries.has(id)),
    ),
    isComplete: difference.isComplete,
  };
};

const sumOf = ({ byReplica }: TrafficDifference, isMeant: (replicaId: string) => boolean): Counts =>
  [...byReplica].filter(([id]) => isMeant(id)).reduce((sum, [, counts]) => addCounts(sum, counts), NO_COUNTS);

/** Takes down what was counted during a rollout that has ended. */
export const settleRollout = async (
  tx: Tx,
  workload: Pick<Workload, "id">,
  generation: number,
  traffic: TrafficSnapshot | null,
  now: Date,
): Promise<Figures> => {
  const before = await findTrafficBefore(tx, workload.id, generation);
  const figures = before === null || traffic === null ? null : figuresOf(trafficBetween(before, traffic));
  await settleFigures(tx, workload.id, generation, figures, now);
  return figures;
};

const figuresOf = ({ requests, failed, unserved, isComplete }: TrafficDifference): Figures =>
  isComplete ? { requests: requests + unserved, failedRequests: failed + unserved } : null;
