import type { EnvironmentId, OrganisationId, ProjectId, ReleaseId, ServiceId, WorkloadId } from "@homeport/kit/ids.ts";
import type { GroupId } from "./scope.ts";
import { type Settings, settingsIn, type WorkloadSettings } from "./settings.ts";
import type { Source } from "./source.ts";
import type { TemplateName } from "./template-name.ts";

/** A service in one environment: what it is everywhere, and its workload there. */
export type Service = {
  id: ServiceId;
  organisationId: OrganisationId;
  organisationSlug: string;
  projectId: ProjectId;
  projectSlug: string;
  slug: string;
  groupId: GroupId | null;
  source: Source;
  /** What kind of database it is; null for what is none of ours. */
  template: TemplateName | null;
  /** In all environments, unless its overrides say otherwise. */
  settings: Settings;
  /** Rises with each change of what it is in all environments. */
  version: number;
  createdAt: Date;
  workloadId: WorkloadId;
  environmentId: EnvironmentId;
  environmentSlug: string;
  /** Whether its environment is protected. */
  isProtected: boolean;
  /** What is different in this environment. */
  overrides: WorkloadSettings;
  /** Rises with each change of its overrides. */
  workloadVersion: number;
  hostLabel: string;
  currentReleaseId: ReleaseId | null;
};

export type NewService = { slug: string; source: Source; settings: Settings; groupId?: GroupId | null };

/** What it is built and run with in its environment. */
export const settingsOf = ({ settings, overrides }: Pick<Service, "settings" | "overrides">): Settings =>
  settingsIn(settings, overrides);
