import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import type { OrganisationId, ProjectId } from "@homeport/kit/ids.ts";
import type { StoredReference } from "../reference.ts";
import type { VariableScope } from "../scope.ts";
import type {
  AttachmentState,
  EnvironmentState,
  GroupState,
  ServiceState,
  VolumeState,
  WorkloadState,
} from "../state/project-state.ts";

/** Whose rows are written. */
export type Place = { organisationId: OrganisationId; id: ProjectId };

export const writeProject = async (
  tx: Db,
  { id }: Place,
  { slug, version }: { slug: string; version: number },
): Promise<void> => {
  await tx`update deployments.projects set slug = ${slug}, version = ${version} where id = ${id}`.catch(
    dbError({ projects_slug_key: `There is already a project named "${slug}".` }),
  );
};

type Renamed = { table: "environments" | "groups" | "services" | "volumes"; ids: readonly string[] };

/** Lets things exchange their names: for a moment, each has one that nobody else can have. */
export const setNamesAside = async (tx: Db, { table, ids }: Renamed): Promise<void> => {
  await tx`
    update ${tx(`deployments.${table}`)} set slug = 'x' || replace(id::text, '-', '')
    where id = any (${ids as string[]}::uuid[])`;
};

export const writeEnvironment = async (tx: Db, place: Place, environment: EnvironmentState): Promise<void> => {
  const { id, slug, position, branchPattern, isProtected, version } = environment;
  await tx`
    insert into deployments.environments
      (id, organisation_id, project_id, slug, position, branch_pattern, is_protected, version)
    values (${id}, ${place.organisationId}, ${place.id}, ${slug}, ${position}, ${branchPattern}, ${isProtected}, ${version})
    on conflict (id) do update set
      slug = excluded.slug, position = excluded.position, branch_pattern = excluded.branch_pattern,
      version = excluded.version`;
};

export const writeGroup = async (tx: Db, place: Place, { id, slug, version }: GroupState): Promise<void> => {
  await tx`
    insert into deployments.groups (id, organisation_id, project_id, slug, version)
    values (${id}, ${place.organisationId}, ${place.id}, ${slug}, ${version})
    on conflict (id) do update set slug = excluded.slug, version = excluded.version`;
};

export const deleteGroups = async (tx: Db, ids: readonly string[]): Promise<void> => {
  await tx`delete from deployments.groups where id = any (${ids as string[]}::uuid[])`;
};

export const writeService = async (tx: Db, place: Place, service: ServiceState): Promise<void> => {
  const { id, slug, source, settings, groupId, template, version } = service;
  await tx`
    insert into deployments.services (id, organisation_id, project_id, slug, group_id, source, settings, template, version)
    values (${id}, ${place.organisationId}, ${place.id}, ${slug}, ${groupId}, ${jsonb(tx, source)},
      ${jsonb(tx, settings)}, ${template}, ${version})
    on conflict (id) do update set
      slug = excluded.slug, group_id = excluded.group_id, source = excluded.source, settings = excluded.settings,
      version = excluded.version, updated_at = now()`;
};

export const writeOverrides = async (tx: Db, { id, overrides, version }: WorkloadState): Promise<void> => {
  await tx`
    update deployments.workloads set overrides = ${jsonb(tx, overrides)}, version = ${version} where id = ${id}`;
};

export type SealedWrite = {
  scope: VariableScope;
  name: string;
  sealed: Uint8Array;
  refs: readonly StoredReference[];
  version: number;
  isEdited: boolean;
};

/** When a variable was set is said of those that somebody set. */
export const writeVariable = async (tx: Db, place: Place, variable: SealedWrite): Promise<void> => {
  const { scope, name, sealed, refs, version, isEdited } = variable;
  const at = (kind: VariableScope["kind"]) => (scope.kind === kind ? scope.id : null);
  await tx`
    insert into deployments.variables
      (organisation_id, project_id, scope, scope_id, environment_id, group_id, service_id, workload_id, name,
        value_sealed, refs, version)
    values (${place.organisationId}, ${place.id}, ${scope.kind}, ${scope.id}, ${at("environment")}, ${at("group")},
      ${at("service")}, ${at("workload")}, ${name}, ${sealed}, ${jsonb(tx, refs)}, ${version})
    on conflict (scope_id, name) do update set
      value_sealed = excluded.value_sealed, refs = excluded.refs, version = excluded.version,
      updated_at = case when ${isEdited} then now() else variables.updated_at end`;
};

export const deleteVariables = async (tx: Db, rows: readonly { scopeId: string; name: string }[]): Promise<void> => {
  const scopeIds = rows.map(({ scopeId }) => scopeId);
  const names = rows.map(({ name }) => name);
  await tx`
    delete from deployments.variables v
    using unnest(${scopeIds}::uuid[], ${names}::text[]) as gone (scope_id, name)
    where v.scope_id = gone.scope_id and v.name = gone.name`;
};

export const writeAttachment = async (tx: Db, place: Place, attachment: AttachmentState): Promise<void> => {
  const { workloadId, secretGroupId, use, version } = attachment;
  const prefix = use.as === "variables" ? use.prefix : "";
  const directory = use.as === "files" ? use.directory : null;
  await tx`
    insert into deployments.secret_attachments
      (organisation_id, workload_id, group_id, kind, prefix, directory, version)
    values (${place.organisationId}, ${workloadId}, ${secretGroupId}, ${use.as}, ${prefix}, ${directory}, ${version})
    on conflict (workload_id, group_id) do update set
      kind = excluded.kind, prefix = excluded.prefix, directory = excluded.directory, version = excluded.version`;
};

export const deleteAttachment = async (tx: Db, { workloadId, secretGroupId }: AttachmentState): Promise<void> => {
  await tx`
    delete from deployments.secret_attachments where workload_id = ${workloadId} and group_id = ${secretGroupId}`;
};

export const writeVolume = async (tx: Db, place: Place, volume: VolumeState): Promise<void> => {
  const { id, serviceId, slug, path, sizeMiB, version } = volume;
  await tx`
    insert into deployments.volumes (id, organisation_id, project_id, service_id, slug, path, size_mib, version)
    values (${id}, ${place.organisationId}, ${place.id}, ${serviceId}, ${slug}, ${path}, ${sizeMiB}, ${version})
    on conflict (id) do update set
      slug = excluded.slug, path = excluded.path, size_mib = excluded.size_mib, version = excluded.version`;
};

/** What they hold was taken out of use before. */
export const deleteVolumes = async (tx: Db, ids: readonly string[]): Promise<void> => {
  await tx`delete from deployments.volumes where id = any (${ids as string[]}::uuid[])`;
};
