import type { Reason } from "@homeport/ci/contract.ts";
import type { Tx } from "@homeport/kit/db/connect.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { Deployment } from "../deployment.ts";
import type { Service } from "../store/services.ts";

export type DeploymentEvent = "queued" | "started" | "cancelling" | "live" | "failed" | "cancelled" | "superseded";

type Subject = Pick<Deployment, "id" | "cause" | "createdBy">;

/** Tells the event log how a deployment goes on, in the transaction that makes it so. */
export const emitDeployment = async (
  tx: Tx,
  what: DeploymentEvent,
  deployment: Subject,
  service: Service,
  reason: Reason | null = null,
): Promise<void> => {
  await emit(tx, {
    type: `deployments.deployment.${what}`,
    source: "deployments",
    organisationId: service.organisationId,
    projectId: service.projectId,
    subject: deployment.id,
    data: {
      deploymentId: deployment.id,
      projectSlug: service.projectSlug,
      serviceId: service.id,
      serviceSlug: service.slug,
      cause: deployment.cause.kind,
      ...(reason === null ? {} : { reason: { code: reason.code, message: reason.message } }),
    },
    actor: { kind: "person", ...deployment.createdBy },
  });
};
