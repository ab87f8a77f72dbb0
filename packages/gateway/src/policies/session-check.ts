import type { GateAnswer, GateCredential } from "@homeport/kit/gate.ts";

/** What somebody brings back from the platform to a gate. */
export type ShownTicket = { ticket: string; host: string; scope: string; state: string };

/**
 * What a gate asks the auth app. Each call takes at most 2 s and rejects when there is no answer; many may run at once.
 */
export interface SessionCheck {
  /** Whether somebody may pass. Safe to repeat. */
  check(credential: GateCredential, organisationId: string | null): Promise<GateAnswer>;
  /** Uses a ticket up: the id of the session it is for, or null. A call without an answer may have used it up. */
  redeem(shown: ShownTicket): Promise<string | null>;
}
