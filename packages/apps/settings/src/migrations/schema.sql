-- What the migrations of this folder add up to, for reading and for reviews. Made by
-- "bun packages/kit/src/db/dump-cli.ts"; never edited, never run.

create table settings.declarations (
  app text collate "C" not null,
  name text not null,
  declarations jsonb not null,
  environment jsonb not null,
  changed_at timestamp with time zone not null,
  constraint declarations_pkey PRIMARY KEY (app),
  constraint declarations_app_check CHECK ((app ~ '^[a-z][a-z0-9-]{0,39}$'::text)),
  constraint declarations_declarations_check CHECK ((jsonb_typeof(declarations) = 'array'::text)),
  constraint declarations_environment_check CHECK ((jsonb_typeof(environment) = 'object'::text)),
  constraint declarations_name_check CHECK (((length(name) >= 1) AND (length(name) <= 60)))
);

create table settings.setting_version (
  only_one boolean default true not null,
  version bigint default 0 not null,
  constraint setting_version_pkey PRIMARY KEY (only_one),
  constraint setting_version_only_one_check CHECK (only_one),
  constraint setting_version_version_check CHECK ((version >= 0))
);
