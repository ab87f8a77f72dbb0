import type { EnvironmentId, OrganisationId, ProjectId, ReleaseId, ServiceId, WorkloadId } from "@homeport/kit/ids.ts";
import type { Settings } from "./settings.ts";
import type { Source } from "./source.ts";

/** A service with its workload in the production environment. */
export type Service = {
  id: ServiceId;
  organisationId: OrganisationId;
  organisationSlug: string;
  projectId: ProjectId;
  projectSlug: string;
  slug: string;
  source: Source;
  settings: Settings;
  createdAt: Date;
  workloadId: WorkloadId;
  environmentId: EnvironmentId;
  /** Whether its environment is protected. */
  isProtected: boolean;
  hostLabel: string;
  currentReleaseId: ReleaseId | null;
};

export type NewService = { slug: string; source: Source; settings: Settings };
