import type { MemberPrincipal } from "@homeport/kit/principal.ts";

/** A person, as deployments and events remember who did something. */
export type Actor = { personId: string; name: string };

export const actorOf = ({ personId, name }: MemberPrincipal): Actor => ({ personId, name });
