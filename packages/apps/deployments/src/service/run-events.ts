import type { Tx } from "@homeport/kit/db/connect.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { Initiator } from "../actor.ts";
import type { OneOff } from "../run.ts";
import type { Service } from "../service.ts";

export type RunEvent = "queued" | "started" | "succeeded" | "failed" | "cancelled" | "skipped";

/** Tells the event log how a run goes on, in the transaction that makes it so. What it runs is not told. */
export const emitRun = async (
  tx: Tx,
  what: RunEvent,
  run: Pick<OneOff, "id" | "kind" | "reason">,
  service: Service,
  actor: Initiator,
): Promise<void> => {
  await emit(tx, {
    type: `deployments.run.${what}`,
    source: "deployments",
    organisationId: service.organisationId,
    projectId: service.projectId,
    subject: run.id,
    data: {
      runId: run.id,
      kind: run.kind,
      projectSlug: service.projectSlug,
      serviceId: service.id,
      serviceSlug: service.slug,
      ...(run.reason === null ? {} : { reason: { code: run.reason.code, message: run.reason.message } }),
    },
    actor,
  });
};

/** What an entry of the audit log about a run begins with. */
export const runEntry = (action: string, { organisationId, projectId, slug }: Service, { id }: Pick<OneOff, "id">) => ({
  app: "deployments",
  action,
  organisationId,
  projectId,
  subject: { kind: "run", id, name: slug },
});
