import { DesiredReplica, type ImageRef } from "@homeport/clusters/contract.ts";
import { newId } from "@homeport/kit/ids.ts";

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
