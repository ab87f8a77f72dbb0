import type { OrganisationId, PersonId } from "@homeport/kit/ids.ts";
import type { ProjectRole } from "@homeport/kit/principal.ts";
import type { GrantId, ServiceAccountId, TeamId } from "./ids.ts";
import type { Environment, Project } from "./project.ts";

/** Who has a role in a project. */
export type Holder =
  | { kind: "person"; id: PersonId; name: string; email: string }
  | { kind: "team"; id: TeamId; name: string }
  | { kind: "service-account"; id: ServiceAccountId; name: string };

/** A role in one project, or in one environment of it when that is not null. */
export type HeldGrant = {
  id: GrantId;
  organisationId: OrganisationId;
  role: ProjectRole;
  project: Pick<Project, "id" | "slug">;
  environment: Environment | null;
  who: Holder;
  createdAt: Date;
};

/** One person, team or service account is given no more roles in projects; what a person has in all is MAX_GRANTS of kit. */
export const MAX_GRANTS_OF_ONE = 200;
