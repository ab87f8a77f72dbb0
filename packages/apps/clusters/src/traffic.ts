/** What gateways counted of some replicas: requests given to them, and those of them that went wrong. */
export type Counts = { requests: number; errors: number };

/** The same of a canary's step, since `measuredSince` and what was known before. */
export type StepTraffic = {
  canary: Counts;
  stable: Counts;
  /** False when a gateway went away with what it had counted. */
  isComplete: boolean;
};

export const NO_COUNTS: Counts = { requests: 0, errors: 0 };

export const addCounts = (a: Counts, b: Counts): Counts => ({
  requests: a.requests + b.requests,
  errors: a.errors + b.errors,
});

/** From 0 to 1; of nothing it is 0. */
export const errorRate = ({ requests, errors }: Counts): number => (requests === 0 ? 0 : errors / requests);
