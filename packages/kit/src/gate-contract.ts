import { z } from "zod";
import { route } from "./contract.ts";
import { Gate, GateAnswer, GateCredential } from "./gate.ts";

/** What gateways ask the auth app about who stands at a gate. The auth app's contract includes it. */
export const gateContract = {
  check: route({
    method: "POST",
    path: "/gate/check",
    action: "gate:check",
    resource: "platform",
    summary: "Say whether a session or an API token may pass a gate",
    input: z.object({ credential: GateCredential, organisationId: z.uuid().nullable() }),
    output: GateAnswer,
  }),
  redeem: route({
    method: "POST",
    path: "/gate/redeem",
    action: "gate:check",
    resource: "platform",
    summary: "Use up the ticket of somebody who comes back to a gate; null when it does not fit or is used",
    input: Gate.omit({ organisationId: true }).extend({
      ticket: z.string().min(1).max(2_048),
      state: z.string().max(64),
    }),
    output: z.object({ sessionId: z.uuid().nullable() }),
  }),
};
