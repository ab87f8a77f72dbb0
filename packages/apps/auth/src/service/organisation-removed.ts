import { audit } from "@homeport/kit/audit/audit.ts";
import type { Tx } from "@homeport/kit/db/connect.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { OrganisationId } from "@homeport/kit/ids.ts";
import { announceAccess } from "./access-changed.ts";

/** Tells of an organisation's end by something else than its own people's wish, in its chain and in the platform's. */
export const organisationRemoved = async (
  tx: Tx,
  { id, slug }: { id: OrganisationId; slug: string },
  action: string,
): Promise<void> => {
  for (const organisationId of [null, id]) {
    await audit(tx, {
      app: "auth",
      action,
      organisationId,
      subject: { kind: "organisation", id, name: slug },
      before: { slug },
    });
  }
  await emit(tx, {
    type: "auth.organisation.removed",
    source: "auth",
    organisationId: id,
    subject: id,
    data: { organisationId: id, slug },
  });
  await announceAccess(tx, id, {});
};
