import type { Db } from "@homeport/kit/db/connect.ts";
import type { ServiceId, WorkloadId } from "@homeport/kit/ids.ts";
import type { SecretGroup, SecretGroupId } from "../secret-group.ts";
import type { SecretUse, UsedGroup } from "../secret-use.ts";
import type { Service } from "../service.ts";
import type { SealedItem } from "./secret-items.ts";

type UseColumns = { kind: "variables" | "files"; prefix: string; directory: string | null };

const toUse = ({ kind, prefix, directory }: UseColumns): SecretUse =>
  kind === "files" ? { as: "files", directory: directory ?? "" } : { as: "variables", prefix };

/** Attaches a group, or changes how it is. */
export const putAttachment = async (tx: Db, service: Service, group: SecretGroup, use: SecretUse): Promise<void> => {
  const prefix = use.as === "variables" ? use.prefix : "";
  const directory = use.as === "files" ? use.directory : null;
  await tx`
    insert into deployments.secret_attachments (organisation_id, workload_id, group_id, kind, prefix, directory)
    values (${service.organisationId}, ${service.workloadId}, ${group.id}, ${use.as}, ${prefix}, ${directory})
    on conflict (workload_id, group_id) do update set
      kind = excluded.kind, prefix = excluded.prefix, directory = excluded.directory`;
};

export const removeAttachment = async (tx: Db, service: Service, group: SecretGroup): Promise<boolean> => {
  const removed = await tx`
    delete from deployments.secret_attachments
    where organisation_id = ${service.organisationId} and workload_id = ${service.workloadId} and group_id = ${group.id}
    returning group_id`;
  return removed.length === 1;
};

export type AttachedGroup = UsedGroup & {
  workloadId: WorkloadId;
  groupId: SecretGroupId;
  version: number;
  /** What the live release took; null when it took none, or there is none. */
  liveVersion: number | null;
};

/** The groups of some workloads with the names of their items. */
export const listAttached = async (sql: Db, workloadIds: readonly WorkloadId[]): Promise<AttachedGroup[]> => {
  const rows = await sql<(Omit<AttachedGroup, "use"> & UseColumns)[]>`
    select a.workload_id as "workloadId", g.id as "groupId", g.slug, g.version, a.kind, a.prefix, a.directory,
      array(select i.name from deployments.secret_items i where i.group_id = g.id order by i.name) as names,
      (r.secret_groups -> g.id::text ->> 'version')::int as "liveVersion"
    from deployments.secret_attachments a
    join deployments.secret_groups g on g.id = a.group_id
    join deployments.workloads w on w.id = a.workload_id
    left join deployments.releases r on r.id = w.current_release_id
    where a.workload_id = any (${workloadIds}::uuid[])
    order by a.workload_id, g.slug`;
  return rows.map(({ kind, prefix, directory, ...row }) => ({ ...row, use: toUse({ kind, prefix, directory }) }));
};

export type SealedGroup = { id: SecretGroupId; slug: string; version: number; use: SecretUse; items: SealedItem[] };

/** What a release of a workload takes. One statement, so that each version is that of the items beside it. */
export const listSealedGroups = async (sql: Db, workloadId: WorkloadId): Promise<SealedGroup[]> => {
  type Row = UseColumns & Omit<SealedGroup, "use" | "items"> & { name: string | null; sealed: Uint8Array | null };
  const rows = await sql<Row[]>`
    select g.id, g.slug, g.version, a.kind, a.prefix, a.directory, i.name, i.value_sealed as "sealed"
    from deployments.secret_attachments a
    join deployments.secret_groups g on g.id = a.group_id
    left join deployments.secret_items i on i.group_id = g.id
    where a.workload_id = ${workloadId}
    order by g.slug, i.name`;
  const groups = new Map<SecretGroupId, SealedGroup>();
  for (const { id, slug, version, name, sealed, ...columns } of rows) {
    const group = groups.get(id) ?? { id, slug, version, use: toUse(columns), items: [] };
    groups.set(id, group);
    if (name !== null && sealed !== null) group.items.push({ name, sealed });
  }
  return [...groups.values()];
};

/** A service that has a group attached, or whose live release took it. */
export type SecretUser = {
  serviceId: ServiceId;
  workloadId: WorkloadId;
  service: string;
  /** Null when it is not attached any more; the next deployment does without it. */
  use: SecretUse | null;
  isLive: boolean;
  liveVersion: number | null;
};

export const listUsers = async (sql: Db, group: SecretGroup, limit: number): Promise<SecretUser[]> => {
  type Row = Omit<SecretUser, "use"> & Omit<UseColumns, "kind"> & { kind: UseColumns["kind"] | null };
  const rows = await sql<Row[]>`
    select s.id as "serviceId", w.id as "workloadId", s.slug as service, a.kind, coalesce(a.prefix, '') as prefix,
      a.directory, w.current_release_id is not null as "isLive",
      (r.secret_groups -> ${group.id}::text ->> 'version')::int as "liveVersion"
    from deployments.services s
    join deployments.workloads w on w.service_id = s.id
    left join deployments.secret_attachments a on a.workload_id = w.id and a.group_id = ${group.id}
    left join deployments.releases r on r.id = w.current_release_id
    where s.organisation_id = ${group.organisationId} and s.project_id = ${group.projectId}
      and (a.group_id is not null or r.secret_groups ? ${group.id}::text)
    order by s.slug, w.id
    limit ${limit}`;
  return rows.map(({ kind, prefix, directory, ...row }) => ({
    ...row,
    use: kind === null ? null : toUse({ kind, prefix, directory }),
  }));
};

/** The workloads that a group is attached to. */
export const listWorkloadsOf = async (sql: Db, group: SecretGroup): Promise<WorkloadId[]> => {
  const rows = await sql<{ id: WorkloadId }[]>`
    select workload_id as id
    from deployments.secret_attachments
    where organisation_id = ${group.organisationId} and group_id = ${group.id}
    order by workload_id`;
  return rows.map(({ id }) => id);
};

/** Whether one of the services that have a group attached runs in a protected environment: so is what it runs with. */
export const isUsedInProtected = async (sql: Db, group: SecretGroup): Promise<boolean> => {
  const used = await sql`
    select a.workload_id
    from deployments.secret_attachments a
    join deployments.workloads w on w.id = a.workload_id
    join deployments.environments e on e.id = w.environment_id
    where a.group_id = ${group.id} and e.is_protected
    limit 1`;
  return used.length > 0;
};
