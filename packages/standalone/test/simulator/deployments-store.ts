import type { ReleaseSpec } from "@homeport/clusters/workload.ts";
import { ACTIVE_STATES, type DeploymentState, isFinal } from "@homeport/deployments/deployment.ts";
import type { Change, View } from "@homeport/deployments/deployment-machine.ts";
import type { DeploymentId, JobId, ReleaseId, RunId, WorkloadId } from "@homeport/kit/ids.ts";
import { deploymentChanged } from "./checks.ts";
import { later, newIdOf, type World } from "./world.ts";

/**
 * The database of the deployments app; a transaction is one happening. What the SQL promises, and where that is shown:
 *
 * - `claimSteps`: a due step goes to one stepper, and a queued one only while nothing is under way in its slot:
 *   deployments/test/slot.test.ts, "is taken by one of many steppers at once"; deployments/test/two-steppers.test.ts
 * - `changeDeployment`: nothing is written under a lease that somebody else has: deployments/test/step.test.ts,
 *   deployments/test/two-steppers.test.ts
 * - `releaseStep`: a poke that came while a step ran is not lost: slot.test.ts, "that was poked while a step ran is looked at again at once"
 * - `insertDeployment`: one waits at most, the newest: slot.test.ts, "has one deployment under way, and the newest of those that came meanwhile behind it"
 * - a killed step leaves its lease, and the next finds its way from the row: deployments/test/crash.test.ts
 * - `insertTeardowns`: what is removed is taken away for as long as it takes: deployments/test/crash.test.ts
 */
export type DeploymentRow = {
  id: DeploymentId;
  workloadId: WorkloadId;
  cause: { kind: "build" | "image" | "configuration" } | { kind: "release"; releaseId: ReleaseId };
  /** What is deployed: of the settings when it was asked for, but for its own behaviour. */
  wants: Wanted;
  state: DeploymentState;
  jobId: JobId | null;
  releaseId: ReleaseId | null;
  generation: number | null;
  runId: RunId | null;
  reason: string | null;
  cancelRequested: boolean;
  leaseToken: number | null;
  leaseUntil: number;
  /** Infinity while a step runs, unless it was poked. */
  stepAt: number;
  attempt: number;
  startedAt: number | null;
};

/** What a release is made of, besides its image. */
export type Wanted = Pick<ReleaseSpec, "replicas" | "strategy" | "volumes" | "health"> & {
  graceSeconds: number;
  behaviour: number;
};

export type ReleaseRow = {
  id: ReleaseId;
  workloadId: WorkloadId;
  number: number;
  state: "pending" | "live" | "superseded" | "failed";
  wants: Wanted;
};

export type ServiceRow = {
  workloadId: WorkloadId;
  settings: Wanted;
  generation: number;
  lastNumber: number;
  currentReleaseId: ReleaseId | null;
};

export type Teardown = {
  workloadId: WorkloadId;
  deploymentIds: DeploymentId[];
  createdAt: number;
  stepAt: number;
  leaseToken: number | null;
  leaseUntil: number;
  attempt: number;
};

export type DeploymentsDb = {
  services: Map<WorkloadId, ServiceRow>;
  deployments: Map<DeploymentId, DeploymentRow>;
  releases: Map<ReleaseId, ReleaseRow>;
  teardowns: Map<WorkloadId, Teardown>;
  tokens: number;
};

export const emptyDeployments = (): DeploymentsDb => ({
  services: new Map(),
  deployments: new Map(),
  releases: new Map(),
  teardowns: new Map(),
  tokens: 0,
});

const LEASE_MS = 20_000;

export const isActive = ({ state }: DeploymentRow): boolean => (ACTIVE_STATES as readonly string[]).includes(state);
export const isOver = ({ state }: DeploymentRow): boolean => isFinal(state);

/** `claimSteps`. The clock is the database's. */
export const claimSteps = (
  { deployments: db, now }: World,
  limit: number,
): { id: DeploymentId; leaseToken: number; attempt: number }[] => {
  const due = [...db.deployments.values()]
    .filter((row) => {
      if (isOver(row)) return false;
      if (row.leaseToken === null ? row.stepAt > now : row.leaseUntil >= now) return false;
      if (row.state !== "queued") return true;
      return ![...db.deployments.values()].some((other) => other.workloadId === row.workloadId && isActive(other));
    })
    .toSorted((a, b) => a.stepAt - b.stepAt || (a.id < b.id ? -1 : 1))
    .slice(0, limit);
  return due.map((row) => {
    row.leaseToken = ++db.tokens;
    row.leaseUntil = now + LEASE_MS;
    row.attempt += 1;
    row.stepAt = Number.POSITIVE_INFINITY;
    return { id: row.id, leaseToken: row.leaseToken, attempt: row.attempt };
  });
};

/** `releaseStep`. */
export const releaseStep = (
  { deployments: db, now, rules }: World,
  { id, leaseToken, attempt }: { id: DeploymentId; leaseToken: number; attempt: number },
  waitMs: number,
  failed: boolean,
): void => {
  const row = db.deployments.get(id);
  if (row === undefined || (rules.checksLease && row.leaseToken !== leaseToken)) return;
  row.leaseToken = null;
  row.attempt = failed ? attempt : 0;
  if (row.stepAt === Number.POSITIVE_INFINITY) row.stepAt = now + waitMs;
};

/** `changeDeployment`; false when the lease was lost. */
export const changeDeployment = (world: World, id: DeploymentId, leaseToken: number, change: Change): boolean => {
  const { deployments: db, rules, now } = world;
  const row = db.deployments.get(id);
  if (row === undefined) return false;
  if (rules.checksLease && (row.leaseToken !== leaseToken || isOver(row))) return false;
  const before = row.state;
  if (change.state !== undefined) row.state = change.state;
  if (change.jobId !== undefined) row.jobId = change.jobId;
  if (change.releaseId !== undefined) row.releaseId = change.releaseId;
  if (change.generation !== undefined) row.generation = change.generation;
  if (change.runId !== undefined) row.runId = change.runId;
  if (change.reason !== undefined) row.reason = change.reason.code;
  row.startedAt ??= now;
  if (isOver(row)) row.leaseToken = null;
  deploymentChanged(world, row, before);
  return true;
};

/** `insertDeployment`: null when the service is gone. */
export const insertDeployment = (
  world: World,
  workloadId: WorkloadId,
  cause: DeploymentRow["cause"],
  wants: Wanted,
): DeploymentRow | null => {
  const { deployments: db, now } = world;
  if (!db.services.has(workloadId)) return null;
  for (const row of db.deployments.values()) {
    if (row.workloadId !== workloadId || row.state !== "queued") continue;
    row.state = "superseded";
    deploymentChanged(world, row, "queued");
  }
  const row: DeploymentRow = {
    id: newIdOf<DeploymentId>(world, "d"),
    workloadId,
    cause,
    wants,
    state: "queued",
    jobId: null,
    releaseId: null,
    generation: null,
    runId: null,
    reason: null,
    cancelRequested: false,
    leaseToken: null,
    leaseUntil: 0,
    stepAt: now,
    attempt: 0,
    startedAt: null,
  };
  db.deployments.set(row.id, row);
  return row;
};

/** `requestCancel`: false when it is over or this was asked for before. */
export const requestCancel = (world: World, id: DeploymentId): boolean => {
  const row = world.deployments.deployments.get(id);
  if (row === undefined || isOver(row) || row.cancelRequested) return false;
  row.cancelRequested = true;
  row.stepAt = world.now;
  if (row.state !== "queued") return true;
  row.state = "cancelled";
  deploymentChanged(world, row, "queued");
  return true;
};

/** `insertTeardowns`, and what goes with the rows of a service that is removed. */
export const removeService = ({ deployments: db, now }: World, workloadId: WorkloadId): void => {
  if (!db.services.delete(workloadId)) return;
  const own = [...db.deployments.values()].filter((row) => row.workloadId === workloadId);
  const deploymentIds = own.filter((row) => row.startedAt !== null || !isOver(row)).map(({ id }) => id);
  db.teardowns.set(workloadId, {
    workloadId,
    deploymentIds,
    createdAt: now,
    stepAt: now,
    leaseToken: null,
    leaseUntil: 0,
    attempt: 0,
  });
  for (const { id } of own) db.deployments.delete(id);
  for (const { id, workloadId: of } of db.releases.values()) if (of === workloadId) db.releases.delete(id);
};

/** An event of another app: whoever waits for it looks again (`pokeWorkload`, `pokeRun`, `pokeJob`). It may be late. */
export const poke = (world: World, what: { workloadId: WorkloadId } | { runId: string } | { jobId: string }): void => {
  const { random } = world;
  const delayMs = world.isStormy && random.chance(0.15) ? random.int(500, 6_000) : random.int(5, 80);
  later(world, null, delayMs, () => {
    for (const row of world.deployments.deployments.values()) {
      const isMeant =
        "workloadId" in what
          ? row.workloadId === what.workloadId
          : "runId" in what
            ? row.runId === what.runId
            : row.jobId === what.jobId;
      if (isMeant && !isOver(row)) row.stepAt = world.now;
    }
    for (const stepper of world.steppers) if (stepper.process.up) stepper.wake();
  });
};

export const viewOf = ({
  state,
  cause,
  cancelRequested,
  jobId,
  releaseId,
  generation,
  runId,
}: DeploymentRow): View => ({
  state,
  cause: cause.kind,
  cancelRequested,
  jobId,
  releaseId,
  generation,
  runId,
});
