import type { Account, PlatformPerson } from "../account.ts";
import type { PlatformOrganisation } from "../platform-organisation.ts";

export const accountToWire = (account: Account) => ({
  id: account.id,
  email: account.email,
  name: account.name,
  instanceRole: account.instanceRole,
  emailVerified: account.emailVerified,
  hasPassword: account.hasPassword,
  hasAuthenticator: account.hasAuthenticator,
  organisations: account.organisations.map(({ id, slug, name, role }) => ({ id, slug, name, role })),
});

export const platformPersonToWire = (person: PlatformPerson) => ({
  ...accountToWire(person),
  suspendedAt: person.suspendedAt?.toISOString() ?? null,
  createdAt: person.createdAt.toISOString(),
  lastSeenAt: person.lastSeenAt?.toISOString() ?? null,
});

export const platformOrganisationToWire = (organisation: PlatformOrganisation) => ({
  id: organisation.id,
  slug: organisation.slug,
  name: organisation.name,
  members: organisation.memberCount,
  projects: organisation.projectCount,
  createdAt: organisation.createdAt.toISOString(),
});
