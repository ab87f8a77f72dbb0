-- What goes live in a protected environment is changed by fewer roles.
alter table deployments.environments add column is_protected boolean not null default false;
