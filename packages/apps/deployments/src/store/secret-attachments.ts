import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import type { ServiceId, WorkloadId } from "@homeport/kit/ids.ts";
import type { SecretGroup, SecretGroupId } from "../secret-group.ts";
import type { SecretUse, UsedGroup } from "../secret-use.ts";
import type { SealedItem } from "./secret-items.ts";

export type UseColumns = { kind: "variables" | "files"; prefix: string; directory: string | null };

export const toUse = ({ kind, prefix, directory }: UseColumns): SecretUse =>
  kind === "files" ? { as: "files", directory: directory ?? "" } : { as: "variables", prefix };

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

/**
 * Whether a group is used in a protected environment, attached to a service there or referred to by a variable that holds
 * there: so is what runs with it.
 */
export const isUsedInProtected = async (sql: Db, group: SecretGroup): Promise<boolean> => {
  const used = await sql`
    select e.id
    from deployments.environments e
    where e.project_id = ${group.projectId} and e.is_protected
      and (
        exists (
          select 1
          from deployments.secret_attachments a
          join deployments.workloads w on w.id = a.workload_id
          where a.group_id = ${group.id} and w.environment_id = e.id
        )
        or exists (
          select 1
          from deployments.variables v
          left join deployments.workloads w on w.id = v.workload_id
          where v.project_id = ${group.projectId}
            and coalesce(v.environment_id, w.environment_id, e.id) = e.id
            and (v.refs @> ${jsonb(sql, [{ kind: "secret", id: group.id }])}
              or v.refs @> ${jsonb(sql, [{ kind: "secret", id: null, owner: group.slug }])})
        )
      )
    limit 1`;
  return used.length > 0;
};

/** The workloads whose live release took a group by a reference, in a project where some variable still refers to it. */
export const listWorkloadsReferring = async (sql: Db, group: SecretGroup): Promise<WorkloadId[]> => {
  const rows = await sql<{ id: WorkloadId }[]>`
    select distinct w.id
    from deployments.workloads w
    join deployments.services s on s.id = w.service_id
    join deployments.releases r on r.id = w.current_release_id
    where s.organisation_id = ${group.organisationId} and s.project_id = ${group.projectId}
      and r.secret_groups ? ${group.id}::text
      and not exists (
        select 1 from deployments.secret_attachments a where a.workload_id = w.id and a.group_id = ${group.id}
      )
      and exists (
        select 1
        from deployments.variables v
        where v.project_id = ${group.projectId}
          and (v.refs @> ${jsonb(sql, [{ kind: "secret", id: group.id }])}
            or v.refs @> ${jsonb(sql, [{ kind: "secret", id: null, owner: group.slug }])})
      )
    order by w.id`;
  return rows.map(({ id }) => id);
};
