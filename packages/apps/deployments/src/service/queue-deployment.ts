import { audit } from "@homeport/kit/audit/audit.ts";
import { crashpoint } from "@homeport/kit/crashpoint.ts";
import { afterCommit, type Tx } from "@homeport/kit/db/connect.ts";
import type { DeploymentId } from "@homeport/kit/ids.ts";
import type { Initiator } from "../actor.ts";
import type { Cause } from "../deployment.ts";
import type { Service } from "../service.ts";
import { insertDeployment } from "../store/deployments.ts";
import { emitDeployment } from "./events.ts";

/** What the audit log says of it, besides the cause: `deployment:create` unless it is another action. */
export type Told = { action?: string; reason?: string; after?: Record<string, unknown> };

/** Queues a deployment, as part of the transaction of what asks for it, with all that is told of one. */
export const queueDeployment = async (
  tx: Tx,
  service: Service,
  cause: Cause,
  actor: Initiator,
  { action = "deployment:create", reason, after = {} }: Told = {},
): Promise<DeploymentId> => {
  const { id, superseded } = await insertDeployment(tx, service, cause, actor);
  if (superseded !== null) await emitDeployment(tx, "superseded", superseded, service, actor);
  await emitDeployment(tx, "queued", { id, cause }, service, actor);
  await audit(tx, {
    app: "deployments",
    action,
    organisationId: service.organisationId,
    projectId: service.projectId,
    subject: { kind: "deployment", id, name: service.slug },
    ...(reason === undefined ? {} : { reason }),
    after: { cause: cause.kind, ...after, ...(superseded === null ? {} : { supersedes: superseded.id }) },
  });
  afterCommit(tx, () => crashpoint("deployments.queued"));
  return id;
};
