-- A removed service takes its releases along, and each of those looks for the deployments that name it.
create index deployments_release_idx on deployments.deployments (release_id) where release_id is not null;
