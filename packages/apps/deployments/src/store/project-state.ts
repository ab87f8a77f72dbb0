import type { Db } from "@homeport/kit/db/connect.ts";
import type { OrganisationId, ProjectId, WorkloadId } from "@homeport/kit/ids.ts";
import type { VariableScope } from "../scope.ts";
import type { SecretGroupId } from "../secret-group.ts";
import type {
  AttachmentState,
  EnvironmentState,
  GroupState,
  ServiceState,
  VariableState,
  VolumeState,
  WorkloadState,
} from "../state/project-state.ts";
import { toUse, type UseColumns } from "./secret-attachments.ts";

export type SealedVariableState = Omit<VariableState, "value" | "isEdited" | "scope" | "sizeBytes"> & {
  scope: VariableScope["kind"];
  scopeId: string;
  sealed: Uint8Array;
};

export type SecretGroupRow = { id: SecretGroupId; slug: string; version: number; names: string[] };

/** The rows of a project, values sealed. */
export type ProjectRows = {
  project: {
    id: ProjectId;
    organisationId: OrganisationId;
    organisationSlug: string;
    slug: string;
    version: number;
    draftVersion: number;
    digestKeySealed: Uint8Array | null;
  };
  environments: EnvironmentState[];
  groups: GroupState[];
  services: ServiceState[];
  workloads: (WorkloadState & { hostLabel: string })[];
  variables: SealedVariableState[];
  attachments: AttachmentState[];
  volumes: VolumeState[];
  secretGroups: SecretGroupRow[];
};

/** Null when there is no such project. Several statements: in a transaction that holds the project, or a repeatable one. */
export const readProject = async (sql: Db, id: ProjectId): Promise<ProjectRows | null> => {
  const [project] = await sql<ProjectRows["project"][]>`
    select id, organisation_id as "organisationId", organisation_slug as "organisationSlug", slug, version,
      draft_version as "draftVersion", digest_key_sealed as "digestKeySealed"
    from deployments.projects
    where id = ${id}`;
  if (project === undefined) return null;
  const environments = await sql<EnvironmentState[]>`
    select id, slug, position, branch_pattern as "branchPattern", is_protected as "isProtected", version
    from deployments.environments
    where project_id = ${id}
    order by position, id`;
  const groups = await sql<GroupState[]>`
    select id, slug, version from deployments.groups where project_id = ${id} order by slug`;
  const services = await sql<ServiceState[]>`
    select id, slug, source, settings, group_id as "groupId", template, version
    from deployments.services
    where project_id = ${id}
    order by slug`;
  const workloads = await sql<ProjectRows["workloads"]>`
    select w.id, w.service_id as "serviceId", w.environment_id as "environmentId", w.overrides, w.version,
      w.host_label as "hostLabel"
    from deployments.workloads w
    join deployments.services s on s.id = w.service_id
    where s.project_id = ${id}
    order by w.id`;
  const variables = await sql<SealedVariableState[]>`
    select scope, scope_id as "scopeId", name, value_sealed as "sealed", refs as "refers", version, updated_at as "updatedAt"
    from deployments.variables
    where project_id = ${id}
    order by scope_id, name`;
  const secretGroups = await sql<SecretGroupRow[]>`
    select g.id, g.slug, g.version,
      array(select i.name from deployments.secret_items i where i.group_id = g.id order by i.name) as names
    from deployments.secret_groups g
    where g.project_id = ${id}
    order by g.slug`;
  const attachments = await readAttachments(sql, id);
  const volumes = await sql<VolumeState[]>`
    select id, service_id as "serviceId", slug, path, size_mib as "sizeMiB", version
    from deployments.volumes
    where project_id = ${id}
    order by service_id, slug`;
  return { project, environments, groups, services, workloads, variables, attachments, volumes, secretGroups };
};

const readAttachments = async (sql: Db, id: ProjectId): Promise<AttachmentState[]> => {
  type Row = UseColumns & { workloadId: WorkloadId; secretGroupId: SecretGroupId; version: number };
  const rows = await sql<Row[]>`
    select a.workload_id as "workloadId", a.group_id as "secretGroupId", a.kind, a.prefix, a.directory, a.version
    from deployments.secret_attachments a
    join deployments.secret_groups g on g.id = a.group_id
    where g.project_id = ${id}
    order by a.workload_id, g.slug`;
  return rows.map(({ kind, prefix, directory, ...row }) => ({ ...row, use: toUse({ kind, prefix, directory }) }));
};

export type SealedItemOfGroup = { groupId: SecretGroupId; name: string; sealed: Uint8Array };

/** All items of a project's secret groups. */
export const readSecretItems = (sql: Db, id: ProjectId): Promise<SealedItemOfGroup[]> => sql<SealedItemOfGroup[]>`
  select i.group_id as "groupId", i.name, i.value_sealed as "sealed"
  from deployments.secret_items i
  join deployments.secret_groups g on g.id = i.group_id
  where g.project_id = ${id}
  order by i.group_id, i.name`;

export const lacksDigestKey = async (sql: Db, id: ProjectId): Promise<boolean> => {
  const lacking = await sql`select id from deployments.projects where id = ${id} and digest_key_sealed is null`;
  return lacking.length === 1;
};

/** Keeps a digest key, unless another was quicker; the one that is kept. */
export const keepDigestKey = async (sql: Db, id: ProjectId, sealed: Uint8Array): Promise<Uint8Array | null> => {
  const [row] = await sql<{ sealed: Uint8Array }[]>`
    update deployments.projects set digest_key_sealed = coalesce(digest_key_sealed, ${sealed})
    where id = ${id}
    returning digest_key_sealed as "sealed"`;
  return row?.sealed ?? null;
};

/**
 * Makes who changes the project wait until the end of this transaction, and waits for who is changing it: what is read
 * from here on stays so.
 */
export const holdProject = async (tx: Db, id: ProjectId): Promise<void> => {
  await tx`select id from deployments.projects where id = ${id} for share`;
};
