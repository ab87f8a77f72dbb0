import { deriveKey } from "@homeport/kit/crypto.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { GATE_ACTION, type GateAnswer, type GateCredential, GateRequest, gateRequestKey } from "@homeport/kit/gate.ts";
import { newId, type OrganisationId, type PersonId } from "@homeport/kit/ids.ts";
import { isWithin } from "@homeport/kit/scope.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { readClaims, signClaims } from "@homeport/kit/signed-claims.ts";
import { GATE_TICKET_MS, GateTicket } from "../gate-ticket.ts";
import { removeGateTicketsUsedBefore, spendGateTicket } from "../store/gate-tickets.ts";
import { findMembership } from "../store/people.ts";
import type { ApiTokens } from "./api-tokens.ts";
import type { Sessions } from "./sessions.ts";

const STRANGER: GateAnswer = { kind: "stranger" };
const REFUSED: GateAnswer = { kind: "refused" };

/** Clocks of several machines differ by less. */
const KEPT_AFTER_USE_MS = 3_600_000;

/** Sign-in with the platform in front of tenants' hosts; kit's gate.ts says how. */
export const createGates = (sql: Sql, sessions: Sessions, tokens: ApiTokens, appSecret: Secret) => {
  const requestKey = gateRequestKey(appSecret);
  const ticketKey = deriveKey(appSecret, "gate ticket");

  const isMemberOf = async (personId: PersonId, organisationId: string | null): Promise<boolean> =>
    organisationId === null || (await findMembership(sql, personId, organisationId as OrganisationId)) !== null;

  const checkSession = async (id: string, organisationId: string | null, now: Date): Promise<GateAnswer> => {
    const session = await sessions.find(id, now);
    if (session === null) return STRANGER;
    const { personId, email, name } = session;
    if (!(await isMemberOf(personId, organisationId))) return REFUSED;
    return { kind: "welcome", visitor: { personId, email, name } };
  };

  const checkToken = async (value: Secret, organisationId: string | null, now: Date): Promise<GateAnswer> => {
    const owner = await tokens.resolve(value, now);
    if (owner === null) return STRANGER;
    const isFor = organisationId === null || owner.organisationId === organisationId;
    // A host behind a gate is told who comes in, and a service account is nobody.
    if (!isFor || owner.personId === null || !isWithin(GATE_ACTION, owner.scopes)) return REFUSED;
    return { kind: "welcome", visitor: { personId: owner.personId, email: owner.email ?? "", name: owner.ownerName } };
  };

  return {
    /** What the gateway asks for, or null when it did not: altered, of another platform, or too old. */
    read: (request: string, now = new Date()): GateRequest | null => readClaims(requestKey, request, GateRequest, now),

    /** A ticket to the gate for who has this session, or null when they may not enter there. */
    async admit(sessionId: string, gate: GateRequest, now = new Date()): Promise<string | null> {
      const { kind } = await checkSession(sessionId, gate.organisationId, now);
      if (kind !== "welcome") return null;
      const { host, scope, state } = gate;
      const ticket: GateTicket = { id: newId(), sessionId, host, scope, state };
      return signClaims(ticketKey, ticket, new Date(now.getTime() + GATE_TICKET_MS));
    },

    /** Uses a ticket up and gives the session it is for; null when it was used, is too old, or is another gate's or browser's. */
    async redeem(
      shown: { ticket: string; host: string; scope: string; state: string },
      now = new Date(),
    ): Promise<string | null> {
      const ticket = readClaims(ticketKey, shown.ticket, GateTicket, now);
      if (ticket === null) return null;
      const fits = ticket.host === shown.host && ticket.scope === shown.scope && ticket.state === shown.state;
      return fits && (await spendGateTicket(sql, ticket.id, now)) ? ticket.sessionId : null;
    },

    /** Whether somebody may pass (still). */
    check: (credential: GateCredential, organisationId: string | null, now = new Date()): Promise<GateAnswer> =>
      credential.kind === "session"
        ? checkSession(credential.sessionId, organisationId, now)
        : checkToken(new Secret(credential.value), organisationId, now),

    /** Forgets used tickets that have ended by themselves. */
    tidy: (now = new Date()): Promise<void> =>
      removeGateTicketsUsedBefore(sql, new Date(now.getTime() - KEPT_AFTER_USE_MS)),
  };
};

export type Gates = ReturnType<typeof createGates>;
