-- breaking: values are sealed with the keys in platform.data_keys, which the version before does not know.

-- The keys that values are sealed with, each wrapped with the key that comes from APP_SECRET or the key file. Apps have
-- no right here: a key is unwrapped by the process that they run in.
create table platform.data_keys (
  id integer not null,
  wrapped bytea not null,
  -- New values are sealed with the newest key whose time has come; until then every process can learn to open it.
  active_from timestamptz not null,
  created_at timestamptz not null default now(),
  constraint data_keys_pkey primary key (id),
  constraint data_keys_id_check check (id > 0),
  -- Nonce, tag and 32 bytes.
  constraint data_keys_wrapped_check check (octet_length(wrapped) = 60)
);

-- How many values of an app each key still seals, as the app itself counted them.
create table platform.data_key_usage (
  app text not null,
  key_id integer not null,
  remaining bigint not null,
  -- Values that were there by then are counted.
  checked_at timestamptz not null,
  constraint data_key_usage_pkey primary key (app, key_id),
  constraint data_key_usage_key_id_fkey foreign key (key_id) references platform.data_keys (id) on delete cascade,
  constraint data_key_usage_remaining_check check (remaining >= 0)
);

alter table platform.data_key_usage enable row level security;
create policy data_key_usage_own on platform.data_key_usage to homeport_apps
  using (app = platform.calling_app()) with check (app = platform.calling_app());
grant select, insert, update, delete on platform.data_key_usage to homeport_apps;

-- Kept answers are bound to their organisation from now on; those of the last day are in a format that nothing reads.
delete from platform.idempotency_keys;
alter table platform.idempotency_keys add column organisation_id uuid not null;
