-- What people set at run time. An app reads its own settings; only the app "settings" writes, for all of them.
create table platform.settings (
  app text not null,
  key text not null,
  -- One of the two for a value, the second for a secret; neither for a setting that was reset.
  value jsonb,
  value_sealed bytea,
  -- Who changed it last, as people know them.
  updated_by text not null,
  updated_at timestamptz not null,
  -- Of all settings together: it grows with every change, so that readers see which rows are new.
  version bigint not null,
  constraint settings_pkey primary key (app, key),
  constraint settings_name_check check (app ~ '^[a-z][a-z0-9-]{0,39}$' and key ~ '^[a-z][a-z0-9-]{0,59}$'),
  constraint settings_one_value_check check (num_nonnulls(value, value_sealed) <= 1),
  constraint settings_size_check check (pg_column_size(value) <= 262144 and octet_length(value_sealed) <= 65536),
  constraint settings_updated_by_check check (length(updated_by) <= 300)
);

-- Says that something changed; readers look for themselves. Sealing a value anew changes none, and wakes nobody.
create function platform.notify_settings() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform pg_notify('hp_settings', '');
  return null;
end;
$$;

create trigger settings_changed
after insert or delete or update of value, version on platform.settings
for each statement execute function platform.notify_settings();

alter table platform.settings enable row level security;
create policy settings_read_own on platform.settings for select to homeport_apps using (app = platform.calling_app());
create policy settings_manage on platform.settings to homeport_apps
  using (platform.calling_app() = 'settings') with check (platform.calling_app() = 'settings');

revoke execute on function platform.notify_settings() from public;
grant select, insert, update on platform.settings to homeport_apps;
