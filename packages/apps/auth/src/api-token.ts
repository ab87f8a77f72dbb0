import { coversAction } from "@homeport/kit/authorize.ts";
import type { Id, OrganisationId, PersonId } from "@homeport/kit/ids.ts";
import type { Role } from "@homeport/kit/principal.ts";

export type ApiTokenId = Id<"api_token">;

export type ApiToken = {
  id: ApiTokenId;
  personId: PersonId;
  organisationId: OrganisationId;
  name: string;
  hint: string;
  scopes: string[];
  createdAt: Date;
  /** Null: does not expire. */
  expiresAt: Date | null;
  lastUsedAt: Date | null;
};

/** A token with who it belongs to. */
export type TokenOwner = ApiToken & { email: string; personName: string; organisationSlug: string; role: Role };

/** A person has no more: the list shows all of them, so that each can be revoked. */
export const MAX_API_TOKENS = 100;

/** Expired ones stay in the list this long, so that a script's failure can be understood. */
export const KEPT_AFTER_EXPIRY_MS = 30 * 24 * 3600 * 1000;

/** A pattern is within others when one of them covers every action that it covers. */
export const isWithin = (scope: string, others: readonly string[]): boolean =>
  others.some((other) => other === "*" || other === scope || (scope !== "*" && coversAction(other, scope)));
