import { expect, test } from "bun:test";
import {
  type NodeId,
  newId,
  type OrganisationId,
  type ProjectId,
  type ReleaseId,
  type ReplicaId,
  type WorkloadId,
} from "@homeport/kit/ids.ts";
import type { Replica } from "../src/replica.ts";
import { type Action, plan, type RolloutView } from "../src/rollout.ts";
import type { Phase, ReleaseSpec, Rollout, Workload } from "../src/workload.ts";

/** Views for tests of plans: a second release of `api` on one node, unless told otherwise. */
export const NOW = new Date("2026-05-01T12:00:00Z");
export const ago = (ms: number): Date => new Date(NOW.getTime() - ms);
export const inMs = (ms: number): Date => new Date(NOW.getTime() + ms);

export const nodeId = newId<NodeId>();
export const otherNodeId = newId<NodeId>();
export const workloadId = newId<WorkloadId>();
export const candidateId = newId<ReplicaId>();
export const servingId = newId<ReplicaId>();

export const runningFor = (ms: number, phase: Phase = { at: "starting" }): Rollout => ({
  state: "running",
  startedAt: ago(ms),
  phase,
});
export const running: Rollout = runningFor(10_000);

export const workload = (fields: Partial<Workload> = {}): Workload => ({
  id: workloadId,
  organisationId: newId<OrganisationId>(),
  projectId: newId<ProjectId>(),
  projectSlug: "shop",
  serviceSlug: "api",
  pinnedNodeId: null,
  volumeNodeId: null,
  generation: 2,
  abortedGeneration: 0,
  removing: false,
  rollout: running,
  serving: { generation: 1, since: ago(3_600_000) },
  offSince: null,
  repairs: { count: 0, notBefore: null },
  hosts: ["api-shop.localhost"],
  targets: [],
  ...fields,
});

export const release = (fields: Partial<ReleaseSpec> = {}): ReleaseSpec => ({
  kind: "service",
  replicas: 1,
  strategy: { kind: "rolling" },
  restart: "always",
  volumes: [],
  releaseId: newId<ReleaseId>(),
  number: 2,
  image: { reference: "docker.io/library/nginx:1.27" },
  port: 3000,
  health: { kind: "http", path: "/", timeoutSeconds: 60, intervalSeconds: 10 },
  resources: {},
  hosts: ["api-shop.localhost"],
  stabilitySeconds: 1,
  graceSeconds: 10,
  ...fields,
});

export const replica = (fields: Partial<Replica>): Replica => ({
  id: newId<ReplicaId>(),
  workloadId,
  generation: 2,
  ordinal: 0,
  nodeId,
  role: "candidate",
  state: "pending",
  stateSince: ago(500),
  address: { host: "127.0.0.1", port: 40_000 },
  readyAt: null,
  startedAt: null,
  restarts: 0,
  reason: null,
  exitCode: null,
  drain: null,
  stoppedAt: null,
  createdAt: ago(5_000),
  ...fields,
});

export const candidate = (fields: Partial<Replica> = {}) => replica({ id: candidateId, ...fields });
export const serving = (fields: Partial<Replica> = {}) =>
  replica({ id: servingId, role: "serving", generation: 1, state: "ready", readyAt: ago(3_600_000), ...fields });
export const draining = (acknowledgedAt: Date | null, since = ago(1_000)) =>
  serving({ role: "draining", drain: { revision: 7, since, acknowledgedAt } });

export const view = (fields: Partial<RolloutView>): RolloutView => ({
  workload: workload(),
  release: release(),
  servingRelease: null,
  replicas: [],
  graceSeconds: new Map([
    [1, 10],
    [2, 10],
  ]),
  nodes: [{ nodeId, replicaCount: 1, lastSeenAt: NOW }],
  gatewayRevision: null,
  isTrafficKnown: true,
  stepTraffic: null,
  measuring: [],
  watchingSince: ago(3_600_000),
  now: NOW,
  ...fields,
});

export const reason = { code: "exit_code", message: "It ended with exit code 1.", exitCode: 1, lastLines: ["boom"] };
export const ready = (ms: number) => candidate({ state: "ready", readyAt: ago(ms), stateSince: ago(ms) });
export const away = (ms: number) => [{ nodeId, replicaCount: 1, lastSeenAt: ago(ms) }];
export const settled = (state: "succeeded" | "aborted"): Rollout => ({
  state,
  startedAt: ago(9_000),
  finishedAt: ago(5_000),
});
export const switching = (ms: number): Rollout => ({
  state: "switching",
  startedAt: ago(9_000),
  revision: 7,
  switchedAt: ago(ms),
});
export const unprobed = release({ health: { kind: "none" }, stabilitySeconds: 0 });

/** Further replicas of a release, by their number. */
export const candidateNo = (ordinal: number, fields: Partial<Replica> = {}) =>
  candidate({ id: idOf(2, ordinal), ordinal, ...fields });
export const readyNo = (ordinal: number, ms: number, fields: Partial<Replica> = {}) =>
  candidateNo(ordinal, { state: "ready", readyAt: ago(ms), stateSince: ago(ms), ...fields });
export const servingNo = (ordinal: number, fields: Partial<Replica> = {}) =>
  serving({ id: idOf(1, ordinal), ordinal, ...fields });

const ids = new Map<string, ReplicaId>();
/** The id of a replica in these views, the same each time. */
export const idOf = (generation: number, ordinal: number): ReplicaId => {
  const key = `${generation}/${ordinal}`;
  const id = ids.get(key) ?? newId<ReplicaId>();
  ids.set(key, id);
  return id;
};

export const online = (nodeIds: readonly NodeId[], replicaCount = 1) =>
  nodeIds.map((nodeId) => ({ nodeId, replicaCount, lastSeenAt: NOW }));

export type PlanRow = { name: string; view: Partial<RolloutView>; actions: Action[]; checkAt?: Date | null };

/** A test for each row. */
export const testPlans = (rows: readonly PlanRow[]): void => {
  for (const row of rows) {
    test(row.name, () => {
      const planned = plan(view(row.view));
      expect(planned.actions).toEqual(row.actions);
      if (row.checkAt !== undefined) expect(planned.checkAt).toEqual(row.checkAt);
    });
  }
};
