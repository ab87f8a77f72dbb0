import type { EnvironmentId, OrganisationId, ProjectId } from "@homeport/kit/ids.ts";

/** A project as the deployments app told of it: what roles and tokens can be limited to. */
export type Project = { id: ProjectId; organisationId: OrganisationId; slug: string };
export type Environment = { id: EnvironmentId; slug: string };

/** A project with the number of roles that are given in it. */
export type ProjectWithGrants = Project & { grantCount: number };
