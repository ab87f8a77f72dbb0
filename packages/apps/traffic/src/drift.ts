import type { GatewayStatus } from "@homeport/kit/registry/gateway-status.ts";
import { GATEWAY_LEASE_MS } from "@homeport/kit/registry/keys.ts";

/** How often a gateway reports: three times in the lifetime of a report. */
export const STATUS_INTERVAL_MS = GATEWAY_LEASE_MS / 3;
/** What writing and reading a report may take on top. */
const SLACK_MS = 1_000;

/** How a worker's table differs from the newest one; `contract/status.ts` says what the words mean. */
export type Drift = {
  state: "settling" | "drifted";
  relation: "behind" | "differs";
  routesBehind: number;
  policiesBehind: number;
  since: Date;
};

type Worker = Pick<GatewayStatus, "instance" | "tableHash" | "revision" | "policyRevision" | "isDraining">;

export type DriftWatch = {
  /** The workers that differ, by instance. Call it with every report that is read: it remembers how long they have. */
  observe(workers: readonly Worker[]): Map<string, Drift>;
};

/**
 * A change reaches workers one after the other, and each tells of it with its next report: only what differs for longer
 * than one interval has drifted. A worker that takes up another table begins anew. Each process counts for itself.
 */
export const createDriftWatch = (now: () => Date): DriftWatch => {
  let known = new Map<string, { tableHash: string; since: Date }>();
  return {
    observe(workers) {
      const at = now();
      const serving = workers.filter(({ isDraining }) => !isDraining); // who leaves need not follow
      const newest = newestOf(serving);
      const differing = serving.filter(({ tableHash }) => tableHash !== newest?.tableHash);
      known = new Map(
        differing.map(({ instance, tableHash }) => {
          const before = known.get(instance);
          return [instance, before?.tableHash === tableHash ? before : { tableHash, since: at }];
        }),
      );
      return new Map(
        differing.map((worker) => [
          worker.instance,
          driftOf(worker, serving, known.get(worker.instance)?.since ?? at, at),
        ]),
      );
    },
  };
};

const driftOf = (worker: Worker, all: readonly Worker[], since: Date, at: Date): Drift => {
  const routesBehind = Math.max(...all.map(({ revision }) => revision)) - worker.revision;
  const policiesBehind = Math.max(...all.map(({ policyRevision }) => policyRevision)) - worker.policyRevision;
  return {
    state: at.getTime() - since.getTime() > STATUS_INTERVAL_MS + SLACK_MS ? "drifted" : "settling",
    relation: routesBehind > 0 || policiesBehind > 0 ? "behind" : "differs",
    routesBehind,
    policiesBehind,
    since,
  };
};

/** The table that the others are measured by: of the highest revisions; among several, the one that most have. */
const newestOf = (workers: readonly Worker[]): Worker | undefined => {
  const holders = (hash: string) => workers.filter(({ tableHash }) => tableHash === hash).length;
  return workers.toSorted(
    (a, b) =>
      b.revision - a.revision ||
      b.policyRevision - a.policyRevision ||
      holders(b.tableHash) - holders(a.tableHash) ||
      a.instance.localeCompare(b.instance, "en"),
  )[0];
};
