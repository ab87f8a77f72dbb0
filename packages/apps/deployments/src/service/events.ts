import type { Reason } from "@homeport/ci/contract.ts";
import type { Tx } from "@homeport/kit/db/connect.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { Actor, Initiator } from "../actor.ts";
import type { Deployment } from "../deployment.ts";
import type { Project } from "../project.ts";
import type { Service } from "../service.ts";

export type DeploymentEvent = "queued" | "started" | "cancelling" | "live" | "failed" | "cancelled" | "superseded";

type Subject = Pick<Deployment, "id" | "cause">;

/** Tells the event log how a deployment goes on, in the transaction that makes it so. */
export const emitDeployment = async (
  tx: Tx,
  what: DeploymentEvent,
  deployment: Subject,
  service: Service,
  actor: Initiator,
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
    actor,
  });
};

/** Tells the event log of a change to a project; who has roles in projects (auth) needs their names. */
export const emitProject = async (
  tx: Tx,
  what: "created" | "removed",
  { id, organisationId, slug }: Project,
  data: { environments?: { id: string; slug: string }[] },
  actor: Actor,
): Promise<void> => {
  await emit(tx, {
    type: `deployments.project.${what}`,
    source: "deployments",
    organisationId,
    projectId: id,
    subject: id,
    data: { projectId: id, slug, ...data },
    actor,
  });
};

/** Tells the event log of a change to a service. */
export const emitService = async (
  tx: Tx,
  what: "created" | "updated" | "removed",
  { id, organisationId, projectId, slug }: Pick<Service, "id" | "organisationId" | "projectId" | "slug">,
  actor: Actor,
): Promise<void> => {
  await emit(tx, {
    type: `deployments.service.${what}`,
    source: "deployments",
    organisationId,
    projectId,
    subject: id,
    data: { slug },
    actor,
  });
};
