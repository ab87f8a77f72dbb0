import { DomainError } from "@homeport/kit/errors.ts";
import type { EnvironmentId, OrganisationId, ProjectId, ServiceId, WorkloadId } from "@homeport/kit/ids.ts";
import type { StoredReference } from "../reference.ts";
import type { GroupId, VariableScope } from "../scope.ts";
import type { SecretGroupId } from "../secret-group.ts";
import type { SecretUse } from "../secret-use.ts";
import type { Settings, WorkloadSettings } from "../settings.ts";
import type { Source } from "../source.ts";
import type { TemplateName } from "../template-name.ts";
import type { VolumeId } from "../volume.ts";
import type { LazyValue } from "./lazy-value.ts";

/** Versions rise with each set of changes that touches a thing: two states with one version of it are one. */
type Versioned = { version: number };

export type EnvironmentState = Versioned & {
  id: EnvironmentId;
  slug: string;
  position: number;
  branchPattern: string | null;
  isProtected: boolean;
};
export type GroupState = Versioned & { id: GroupId; slug: string };
export type ServiceState = Versioned & {
  id: ServiceId;
  slug: string;
  source: Source;
  settings: Settings;
  groupId: GroupId | null;
  /** What kind of database it is; null for what is none of ours. */
  template: TemplateName | null;
};
export type WorkloadState = Versioned & {
  id: WorkloadId;
  serviceId: ServiceId;
  environmentId: EnvironmentId;
  overrides: WorkloadSettings;
};
export type VariableState = Versioned & {
  scope: VariableScope;
  name: string;
  /** As it is stored: services and secret groups by their ids. */
  value: LazyValue;
  /** What the value refers to, and how long it is; known without opening it. */
  refers: readonly StoredReference[];
  sizeBytes: number;
  updatedAt: Date | null;
  /** Whether somebody set it, in this state and not before; a reference that only got an id is nobody's doing. */
  isEdited: boolean;
};
export type AttachmentState = Versioned & { workloadId: WorkloadId; secretGroupId: SecretGroupId; use: SecretUse };
/** In every environment of its service, each with its own data. */
export type VolumeState = Versioned & {
  id: VolumeId;
  serviceId: ServiceId;
  slug: string;
  path: string;
  /** Null for no limit. */
  sizeMiB: number | null;
};
/** Secret groups are changed at once and never staged, so here they are only looked at. */
export type SecretGroupState = { id: SecretGroupId; slug: string; version: number; names: readonly string[] };

/** All that a project is made of, as one value: changes make another one of it. Entries are replaced, never altered. */
export type ProjectState = {
  organisationId: OrganisationId;
  organisationSlug: string;
  project: Versioned & { id: ProjectId; slug: string };
  environments: Map<EnvironmentId, EnvironmentState>;
  groups: Map<GroupId, GroupState>;
  services: Map<ServiceId, ServiceState>;
  workloads: Map<WorkloadId, WorkloadState>;
  /** By `variableKey`. */
  variables: Map<string, VariableState>;
  /** By `attachmentKey`. */
  attachments: Map<string, AttachmentState>;
  volumes: Map<VolumeId, VolumeState>;
  secretGroups: Map<SecretGroupId, SecretGroupState>;
};

export const variableKey = (scopeId: string, name: string): string => `${scopeId}/${name}`;
export const attachmentKey = (workloadId: string, secretGroupId: string): string => `${workloadId}/${secretGroupId}`;

export const copyState = (state: ProjectState): ProjectState => ({
  ...state,
  environments: new Map(state.environments),
  groups: new Map(state.groups),
  services: new Map(state.services),
  workloads: new Map(state.workloads),
  variables: new Map(state.variables),
  attachments: new Map(state.attachments),
  volumes: new Map(state.volumes),
});

type Sluggish = { id: string; slug: string };

/** By id, else by slug. @throws {DomainError} not_found */
const lookUp = <T extends Sluggish>(things: Map<string, T>, reference: string, what: string): T => {
  const found = things.get(reference) ?? [...things.values()].find(({ slug }) => slug === reference);
  if (found === undefined) throw new DomainError("not_found", `There is no ${what} "${reference}".`);
  return found;
};

export const getEnvironment = (state: ProjectState, reference: string): EnvironmentState =>
  lookUp(state.environments, reference, "environment");
export const getGroup = (state: ProjectState, reference: string): GroupState =>
  lookUp(state.groups, reference, "group");
export const getService = (state: ProjectState, reference: string): ServiceState =>
  lookUp(state.services, reference, "service");
export const getSecretGroup = (state: ProjectState, reference: string): SecretGroupState =>
  lookUp(state.secretGroups, reference, "secret group");

export const volumesOf = (state: ProjectState, serviceId: ServiceId): VolumeState[] =>
  [...state.volumes.values()].filter((each) => each.serviceId === serviceId);

/** @throws {DomainError} not_found */
export const getVolume = (state: ProjectState, service: string, reference: string): VolumeState => {
  const own = volumesOf(state, getService(state, service).id);
  return lookUp(new Map(own.map((each) => [each.id as string, each])), reference, "volume");
};

export const findWorkload = (
  state: ProjectState,
  serviceId: ServiceId,
  environmentId: EnvironmentId,
): WorkloadState | undefined =>
  [...state.workloads.values()].find((each) => each.serviceId === serviceId && each.environmentId === environmentId);

/** @throws {DomainError} not_found */
export const getWorkload = (state: ProjectState, service: string, environment: string): WorkloadState => {
  const found = findWorkload(state, getService(state, service).id, getEnvironment(state, environment).id);
  if (found === undefined) throw new DomainError("not_found", `There is no service "${service}" in "${environment}".`);
  return found;
};

/** The environments in which a service has a workload. */
export const environmentsOf = (state: ProjectState, serviceId: ServiceId): EnvironmentState[] =>
  [...state.workloads.values()].flatMap((workload) => {
    const environment = state.environments.get(workload.environmentId);
    return workload.serviceId === serviceId && environment !== undefined ? [environment] : [];
  });

/** What people call a scope: `the project`, `staging`, `api`, `api in staging`. */
export const nameOfScope = (state: ProjectState, scope: VariableScope): string => {
  switch (scope.kind) {
    case "project":
      return "the project";
    case "environment":
      return state.environments.get(scope.id)?.slug ?? "an environment";
    case "group":
      return state.groups.get(scope.id)?.slug ?? "a group";
    case "service":
      return state.services.get(scope.id)?.slug ?? "a service";
    case "workload":
      return nameOfWorkload(state, scope.id);
  }
};

/** `data of api` */
export const nameOfVolume = (state: ProjectState, { slug, serviceId }: VolumeState): string =>
  `${slug} of ${state.services.get(serviceId)?.slug ?? "a service"}`;

export const nameOfWorkload = (state: ProjectState, id: WorkloadId): string => {
  const workload = state.workloads.get(id);
  if (workload === undefined) return "a service";
  const service = state.services.get(workload.serviceId)?.slug ?? "a service";
  return `${service} in ${state.environments.get(workload.environmentId)?.slug ?? "an environment"}`;
};
