import type { OrganisationId, ProjectId } from "@homeport/kit/ids.ts";

export type Project = { id: ProjectId; organisationId: OrganisationId; slug: string; createdAt: Date };

export type ListedProject = Project & { serviceCount: number };
