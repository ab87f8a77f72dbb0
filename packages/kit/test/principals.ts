import type { EnvironmentId, OrganisationId, ProjectId } from "../src/ids.ts";
import type { Grant, MemberPrincipal, ProjectRole, Role } from "../src/principal.ts";

/** Ada's organisation, its project shop with two environments, and its project blog. Of another organisation she knows nothing. */
export const HOME = "0199f000-0000-7000-8000-000000000001" as OrganisationId;
export const AWAY = "0199f000-0000-7000-8000-000000000002" as OrganisationId;
export const SHOP = "0199f000-0000-7000-8000-000000000003" as ProjectId;
export const BLOG = "0199f000-0000-7000-8000-000000000004" as ProjectId;
export const STAGING = "0199f000-0000-7000-8000-000000000005" as EnvironmentId;
export const PRODUCTION = "0199f000-0000-7000-8000-000000000006" as EnvironmentId;

export const NOW = new Date("2026-07-01T12:00:00Z");

export type Person = Extract<MemberPrincipal, { kind: "person" }>;
export type Token = Extract<MemberPrincipal, { kind: "token" }>;
export type Service = Extract<MemberPrincipal, { kind: "service" }>;

const ID = "0199f000-0000-7000-8000-000000000009";

/** In a session that proved who it is a minute before `NOW`. */
export const person = (role: Role, changes: Partial<Person> = {}): Person => ({
  kind: "person",
  sessionId: ID,
  verifiedAt: NOW.getTime() - 60_000,
  personId: ID,
  email: "ada@example.com",
  instanceRole: null,
  name: "Ada",
  organisationId: HOME,
  organisationSlug: "home",
  role,
  grants: [],
  ...changes,
});

export const tokenOf = (owner: Person, scopes: string[]): Token => {
  const { sessionId, verifiedAt, ...held } = owner;
  return { ...held, kind: "token", tokenId: sessionId, scopes };
};

/** With what a person has, in the hands of nobody. */
export const serviceLike = (owner: Person, scopes: string[]): Service => {
  const { personId, email, instanceRole, ...held } = tokenOf(owner, scopes);
  return { ...held, kind: "service", serviceAccountId: personId };
};

export const grant = (role: ProjectRole, projectId: ProjectId, environmentId: EnvironmentId | null = null): Grant => ({
  role,
  projectId,
  environmentId,
});
