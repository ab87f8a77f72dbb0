import { audit } from "@homeport/kit/audit/audit.ts";
import type { Tx } from "@homeport/kit/db/connect.ts";
import type { DeploymentId } from "@homeport/kit/ids.ts";
import type { Initiator } from "../actor.ts";
import type { Cause } from "../deployment.ts";
import type { Service } from "../service.ts";
import { insertDeployment } from "../store/deployments.ts";
import { emitDeployment } from "./events.ts";

/** Queues a deployment as part of something larger, with all that is told of one; `reason` is for the audit log. */
export const queueDeployment = async (
  tx: Tx,
  service: Service,
  cause: Cause,
  actor: Initiator,
  reason?: string,
): Promise<DeploymentId> => {
  const { id, superseded } = await insertDeployment(tx, service, cause, actor);
  if (superseded !== null) await emitDeployment(tx, "superseded", superseded, service, actor);
  await emitDeployment(tx, "queued", { id, cause }, service, actor);
  await audit(tx, {
    app: "deployments",
    action: "deployment:create",
    organisationId: service.organisationId,
    projectId: service.projectId,
    subject: { kind: "deployment", id, name: service.slug },
    ...(reason === undefined ? {} : { reason }),
    after: { cause: cause.kind, ...(superseded === null ? {} : { supersedes: superseded.id }) },
  });
  return id;
};
