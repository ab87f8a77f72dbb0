import { Gate } from "@homeport/kit/gate.ts";
import { z } from "zod";

/** From the platform to the gate is one redirect. */
export const GATE_TICKET_MS = 30_000;

/**
 * Takes a session to one gate, once: by id it is used up there. Signed and not stored, because showing a page writes
 * nothing.
 */
export const GateTicket = Gate.omit({ organisationId: true }).extend({
  id: z.uuid(),
  sessionId: z.uuid(),
  state: z.string(),
});
export type GateTicket = z.infer<typeof GateTicket>;
