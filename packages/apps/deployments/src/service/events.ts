import type { Reason } from "@homeport/ci/contract.ts";
import type { Tx } from "@homeport/kit/db/connect.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import type { Actor } from "../actor.ts";
import type { Deployment } from "../deployment.ts";
import type { Service } from "../service.ts";

export type DeploymentEvent = "queued" | "started" | "cancelling" | "live" | "failed" | "cancelled" | "superseded";

type Subject = Pick<Deployment, "id" | "cause">;

/** Tells the event log how a deployment goes on, in the transaction that makes it so. */
export const emitDeployment = async (
  tx: Tx,
  what: DeploymentEvent,
  deployment: Subject,
  service: Service,
  actor: Actor,
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
    actor: person(actor),
  });
};

/** An actor in the form in which events name one. */
export const person = (actor: Actor) => ({ kind: "person", ...actor });

/** Tells the event log of a change to a project or service. */
export const emitChange = async (
  tx: Tx,
  what: "project.created" | "project.removed" | "service.created" | "service.updated" | "service.removed",
  scope: Scope,
  projectId: string,
  subject: string,
  slug: string,
  actor: Actor,
): Promise<void> => {
  await emit(tx, {
    type: `deployments.${what}`,
    source: "deployments",
    organisationId: scope.organisationId,
    projectId,
    subject,
    data: { slug },
    actor: person(actor),
  });
};
