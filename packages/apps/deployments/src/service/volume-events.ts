import type { Tx } from "@homeport/kit/db/connect.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { Initiator } from "../actor.ts";
import type { VolumeOperation } from "../volume-operation.ts";
import type { VolumePlace } from "./volume-operations.ts";

export type VolumeEvent = "queued" | "started" | "succeeded" | "failed";

/** Tells the event log how an operation on a volume goes on, in the transaction that makes it so. */
export const emitVolumeOperation = async (
  tx: Tx,
  what: VolumeEvent,
  operation: Pick<VolumeOperation, "id" | "kind"> & Partial<Pick<VolumeOperation, "reason">>,
  { service, volume }: { service: VolumePlace["service"]; volume: { id: string; slug: string } | null },
  actor: Initiator,
): Promise<void> => {
  const { reason = null } = operation;
  await emit(tx, {
    type: `deployments.volume-operation.${what}`,
    source: "deployments",
    organisationId: service.organisationId,
    projectId: service.projectId,
    subject: operation.id,
    data: {
      operationId: operation.id,
      kind: operation.kind,
      projectSlug: service.projectSlug,
      serviceId: service.id,
      serviceSlug: service.slug,
      environment: service.environmentSlug,
      ...(volume === null ? {} : { volumeId: volume.id, volumeSlug: volume.slug }),
      ...(reason === null ? {} : { reason: { code: reason.code, message: reason.message } }),
    },
    actor,
  });
};

/** What an entry of the audit log about a volume's data begins with. */
export const volumeEntry = (action: string, { service, volume }: VolumePlace) => ({
  app: "deployments",
  action,
  organisationId: service.organisationId,
  projectId: service.projectId,
  subject: { kind: "volume", id: volume.id, name: `${service.slug}/${volume.slug}` },
});
