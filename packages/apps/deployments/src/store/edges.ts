import type { Db } from "@homeport/kit/db/connect.ts";
import type { ProjectId } from "@homeport/kit/ids.ts";

export type EdgeRow = { from: string; to: string; kind: "service" | "secret"; variables: string[] };

/** What is named by an id, and what still goes by its name, are the same thing. A service that reads itself makes no edge. */
export const listEdgeRows = (sql: Db, projectId: ProjectId, limit: number): Promise<EdgeRow[]> => sql<EdgeRow[]>`
  with referred as (
    select coalesce(v.group_id, v.service_id, w.service_id) as from_id, v.name, r.ref
    from deployments.variables v
    cross join lateral jsonb_array_elements(v.refs) as r (ref)
    left join deployments.workloads w on w.id = v.workload_id
    where v.project_id = ${projectId} and v.scope in ('group', 'service', 'workload')
      and r.ref ->> 'kind' in ('service', 'secret')
  ),
  found as (
    select f.from_id, s.id as to_id, 'service' as kind, f.name
    from referred f
    join deployments.services s on s.project_id = ${projectId}
      and (s.id::text = f.ref ->> 'id' or (f.ref ->> 'id' is null and s.slug = f.ref ->> 'owner'))
    where f.ref ->> 'kind' = 'service' and s.id <> f.from_id
    union all
    select f.from_id, g.id, 'secret', f.name
    from referred f
    join deployments.secret_groups g on g.project_id = ${projectId}
      and (g.id::text = f.ref ->> 'id' or (f.ref ->> 'id' is null and g.slug = f.ref ->> 'owner'))
    where f.ref ->> 'kind' = 'secret'
  )
  select from_id as "from", to_id as "to", kind, array_agg(distinct name order by name) as variables
  from found
  group by from_id, to_id, kind
  order by from_id, to_id
  limit ${limit}`;
