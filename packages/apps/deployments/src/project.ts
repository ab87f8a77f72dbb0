import type { EnvironmentId, OrganisationId, ProjectId } from "@homeport/kit/ids.ts";

export type Project = { id: ProjectId; organisationId: OrganisationId; slug: string; createdAt: Date };

export type ListedProject = Project & { serviceCount: number };

/** A stage of a project. What is live in a protected one is changed by fewer roles. */
export type Environment = {
  id: EnvironmentId;
  organisationId: OrganisationId;
  projectId: ProjectId;
  slug: string;
  isProtected: boolean;
  createdAt: Date;
};

/** Environments beyond this one come with branches and previews; every project starts with it. */
export const PRODUCTION = "production";
