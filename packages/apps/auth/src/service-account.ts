import type { OrganisationId } from "@homeport/kit/ids.ts";
import type { Role } from "@homeport/kit/principal.ts";
import type { ServiceAccountId } from "./ids.ts";

/** Nobody owns anything through a service account. */
export type ServiceAccountRole = Exclude<Role, "owner">;

/** A caller of the organisation's own: it has tokens, and no password, mail or session. */
export type ServiceAccount = {
  id: ServiceAccountId;
  organisationId: OrganisationId;
  slug: string;
  description: string;
  role: ServiceAccountRole;
  tokenCount: number;
  grantCount: number;
  createdAt: Date;
};

/** An organisation has no more of them. */
export const MAX_SERVICE_ACCOUNTS = 100;
