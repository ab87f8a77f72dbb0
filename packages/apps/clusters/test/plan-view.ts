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
import type { RolloutView } from "../src/rollout.ts";
import type { ReleaseSpec, Rollout, Workload } from "../src/workload.ts";

/** Views for tests of plans: a second release of `api` on one node, unless told otherwise. */
export const NOW = new Date("2026-05-01T12:00:00Z");
export const ago = (ms: number): Date => new Date(NOW.getTime() - ms);
export const inMs = (ms: number): Date => new Date(NOW.getTime() + ms);

export const nodeId = newId<NodeId>();
export const otherNodeId = newId<NodeId>();
export const workloadId = newId<WorkloadId>();
export const candidateId = newId<ReplicaId>();
export const servingId = newId<ReplicaId>();

export const running: Rollout = { state: "running", startedAt: ago(10_000) };

export const workload = (fields: Partial<Workload> = {}): Workload => ({
  id: workloadId,
  organisationId: newId<OrganisationId>(),
  projectId: newId<ProjectId>(),
  projectSlug: "shop",
  serviceSlug: "api",
  pinnedNodeId: null,
  generation: 2,
  abortedGeneration: 0,
  removing: false,
  rollout: running,
  serving: { generation: 1, since: ago(3_600_000) },
  hosts: ["api-shop.localhost"],
  targets: [],
  ...fields,
});

export const release = (fields: Partial<ReleaseSpec> = {}): ReleaseSpec => ({
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
  nodeId,
  role: "candidate",
  state: "pending",
  stateSince: ago(500),
  address: { host: "127.0.0.1", port: 40_000 },
  readyAt: null,
  startedAt: null,
  restarts: 0,
  reason: null,
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
  replicas: [],
  graceSeconds: new Map([
    [1, 10],
    [2, 10],
  ]),
  nodes: [{ nodeId, replicaCount: 1, lastSeenAt: NOW }],
  gatewayRevision: null,
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
