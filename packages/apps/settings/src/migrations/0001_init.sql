-- Writers of settings lock this row, so that a higher version was also committed later.
create table settings.setting_version (
  only_one boolean primary key default true check (only_one),
  version bigint not null default 0 check (version >= 0)
);
insert into settings.setting_version default values;

-- What each app declared when it was last seen, so that the settings of one that is stopped can be looked at and changed.
create table settings.declarations (
  app text collate "C" primary key check (app ~ '^[a-z][a-z0-9-]{0,39}$'),
  name text not null check (length(name) between 1 and 60),
  declarations jsonb not null check (jsonb_typeof(declarations) = 'array'),
  -- What its environment said of them, by key; null for a secret.
  environment jsonb not null check (jsonb_typeof(environment) = 'object'),
  changed_at timestamptz not null
);
