import type { Id, OrganisationId, PersonId } from "@homeport/kit/ids.ts";
import type { Grant, InstanceRole, Role } from "@homeport/kit/principal.ts";
import type { ServiceAccountId } from "./ids.ts";

export type ApiTokenId = Id<"api_token">;

/** A token belongs to a person or to a service account, in one organisation. */
export type TokenHolder = { organisationId: OrganisationId } & (
  | { personId: PersonId; serviceAccountId: null }
  | { personId: null; serviceAccountId: ServiceAccountId }
);

export type ApiToken = TokenHolder & {
  id: ApiTokenId;
  name: string;
  hint: string;
  scopes: string[];
  createdAt: Date;
  /** Null: does not expire. */
  expiresAt: Date | null;
  lastUsedAt: Date | null;
};

/** A token with who it belongs to and what they may do. */
export type TokenOwner = ApiToken & {
  organisationSlug: string;
  role: Role;
  grants: Grant[];
  /** Of the person, or the service account's slug. */
  ownerName: string;
  /** Null for service accounts, which have no mail and no role on the platform. */
  email: string | null;
  instanceRole: InstanceRole | null;
};

/** A person in one organisation, or a service account, has no more: the list shows all of them, so that each can be revoked. */
export const MAX_API_TOKENS = 100;

/** Expired ones stay in the list this long, so that a script's failure can be understood. */
export const KEPT_AFTER_EXPIRY_MS = 30 * 24 * 3600 * 1000;
