-- What a job may need and nobody may see. A row goes when its job is over.
create table job_secrets (
  job_id uuid primary key references jobs (id) on delete cascade,
  organisation_id uuid not null,
  secrets_sealed bytea not null,
  created_at timestamptz not null default now()
);

alter table jobs drop constraint jobs_kind_check;
alter table jobs add constraint jobs_kind_check check (kind in ('build', 'list_refs'));

-- `none`: a job of a kind that has no log.
alter table jobs drop constraint jobs_log_state_check;
alter table jobs add constraint jobs_log_state_check check (log_state in ('absent', 'open', 'ended', 'none'));
