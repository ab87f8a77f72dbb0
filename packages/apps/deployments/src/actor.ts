import type { Actor } from "@homeport/kit/principal.ts";

export { type Actor, actorOf } from "@homeport/kit/principal.ts";

/** Whose deed a deployment or a run is: a member's, a push's that a webhook told of or polling found, or a schedule's. */
export type Initiator = Actor | { kind: "hook" | "poll" | "cron"; id: string; name: string };
