import { audit } from "@homeport/kit/audit/audit.ts";
import { currentCall } from "@homeport/kit/audit/call.ts";
import { changes } from "@homeport/kit/audit/changes.ts";
import type { Tx } from "@homeport/kit/db/connect.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { Actor } from "@homeport/kit/principal.ts";

type Change = {
  /** `noun:verb`, for the audit log. */
  action: string;
  /** `auth.<noun>.<verb in the past>`. */
  event: string;
  organisationId: string;
  projectId?: string;
  subject: { kind: string; id: string; name?: string };
  actor: Actor;
  /** The thing before and after; null where it was not there. No secrets. */
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  /** What the event says: ids and words, no addresses. */
  data: Record<string, unknown>;
};

/** What a change leaves behind, in its transaction: an entry of the audit log, and an event for whom it concerns. */
export const record = async (tx: Tx, change: Change): Promise<void> => {
  const { action, event, organisationId, projectId = null, subject, actor, data } = change;
  const isStranger = currentCall()?.principal.kind === "anonymous"; // who acts by an invite or an approved code
  await audit(tx, {
    app: "auth",
    action,
    organisationId,
    projectId,
    subject,
    ...changes(change.before, change.after),
    ...(isStranger ? { actor: { ...actor, credential: null } } : {}),
  });
  await emit(tx, { type: event, source: "auth", organisationId, projectId, subject: subject.id, data, actor });
};
