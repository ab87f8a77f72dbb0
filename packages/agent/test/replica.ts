import { DesiredReplica, type ImageRef } from "@homeport/clusters/contract.ts";
import { newId } from "@homeport/kit/ids.ts";
import { logStreamOf } from "../src/log-stream.ts";
import type { EngineReplica } from "../src/ports.ts";

/** A replica with ids of its own; `env.MODE` says how the test server behaves. */
export const replicaOf = (image: ImageRef, changes: Partial<DesiredReplica> = {}): DesiredReplica => {
  const id = newId();
  return DesiredReplica.parse({
    id,
    workloadId: newId(),
    organisationId: newId(),
    projectId: newId(),
    projectSlug: "shop",
    serviceSlug: "api",
    releaseId: newId(),
    releaseNumber: 1,
    image,
    port: 3000,
    health: { kind: "http", path: "/health", timeoutSeconds: 30, intervalSeconds: 1 },
    resources: {},
    graceSeconds: 10,
    restart: "never",
    desired: "running",
    aliases: [],
    ...changes,
    env: { REPLICA: id, ...changes.env },
  });
};

/** The same as an engine that has it would list it. */
export const foundOf = (
  replica: DesiredReplica,
  state: EngineReplica["state"],
  changes: Partial<EngineReplica> = {},
): EngineReplica => ({
  id: replica.id,
  workloadId: replica.workloadId,
  kind: replica.kind,
  epoch: replica.epoch,
  volumes: replica.volumes.map(({ volumeId }) => volumeId),
  logStream: logStreamOf(replica),
  restart: replica.restart,
  restarts: 0,
  state,
  ...changes,
});
