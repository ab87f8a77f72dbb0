import type { OrganisationId, ProjectId } from "@homeport/kit/ids.ts";
import type { GroupId } from "./scope.ts";

/** Services that belong together and share variables. A service is in one group at most. */
export type Group = {
  id: GroupId;
  organisationId: OrganisationId;
  projectId: ProjectId;
  slug: string;
  createdAt: Date;
};

export type ListedGroup = Group & { services: string[] };
