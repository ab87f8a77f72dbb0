import type { OrganisationId, PersonId } from "@homeport/kit/ids.ts";
import type { InstanceRole, Role } from "@homeport/kit/principal.ts";
import type { OwnOrganisation } from "./organisation.ts";

/** What an account is, wherever its person works. */
export type Account = {
  id: PersonId;
  email: string;
  name: string;
  instanceRole: InstanceRole | null;
  emailVerified: boolean;
  hasPassword: boolean;
  hasAuthenticator: boolean;
  /** At most MAX_SHOWN_ORGANISATIONS, by slug. */
  organisations: OwnOrganisation[];
};

/** An account as those who run the platform see it. */
export type PlatformPerson = Account & {
  suspendedAt: Date | null;
  createdAt: Date;
  /** The last use of a session or token that is still there. */
  lastSeenAt: Date | null;
};

/** Lists of people carry each one's organisations. */
export const MAX_SHOWN_ORGANISATIONS = 100;

/** A link that makes a new e-mail address somebody's works this long, and once. */
export const EMAIL_CHANGE_MS = 3_600_000;
/** Each of them sends mail to an address that somebody typed. */
export const MAX_EMAIL_CHANGES = 5;

/** What keeps an organisation from going along with its last owner's account. */
export type Tie = { id: OrganisationId; slug: string; otherMembers: number; otherOwners: number; projects: number };

/** What becomes of an organisation when somebody of it goes: it stays, goes along, or holds them back. */
export const fateOf = (role: Role, { otherMembers, otherOwners, projects }: Tie): "stays" | "goes" | "holds" => {
  if (otherMembers === 0) return projects === 0 ? "goes" : "holds";
  return role === "owner" && otherOwners === 0 ? "holds" : "stays";
};
