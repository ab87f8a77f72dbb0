alter table deployments.deployments add column cancel_requested_by jsonb;
