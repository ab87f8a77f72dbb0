import type { Tx } from "@homeport/kit/db/connect.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { Actor } from "../actor.ts";
import type { SecretGroup } from "../secret-group.ts";

export type SecretsEvent = "created" | "changed" | "removed" | "attached" | "detached";

/** Tells the event log of a change to a secret group: names, never values. */
export const emitSecrets = async (
  tx: Tx,
  what: SecretsEvent,
  group: SecretGroup,
  data: { set?: string[]; unset?: string[]; serviceId?: string; serviceSlug?: string },
  actor: Actor,
): Promise<void> => {
  await emit(tx, {
    type: `deployments.secrets.${what}`,
    source: "deployments",
    organisationId: group.organisationId,
    projectId: group.projectId,
    subject: group.id,
    data: { slug: group.slug, version: group.version, ...data },
    actor,
  });
};
