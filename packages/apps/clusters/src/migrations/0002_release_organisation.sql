-- breaking: a release names its organisation, which its sealed variables are bound to.
alter table clusters.releases add column organisation_id uuid;
update clusters.releases l
set organisation_id = w.organisation_id
from clusters.workloads w
where w.id = l.workload_id;
alter table clusters.releases alter column organisation_id set not null;
