-- What the migrations of this folder add up to, for reading and for reviews. Made by
-- "bun packages/kit/src/db/dump-cli.ts"; never edited, never run.

create table traffic.policies (
  host text collate "C" not null,
  policy jsonb not null,
  revision bigint not null,
  updated_at timestamp with time zone not null,
  updated_by jsonb not null,
  constraint policies_pkey PRIMARY KEY (host),
  constraint policies_host_check CHECK (((length(host) >= 1) AND (length(host) <= 253)))
);

create table traffic.policy_table (
  only_one boolean default true not null,
  revision bigint default 1 not null,
  constraint policy_table_pkey PRIMARY KEY (only_one),
  constraint policy_table_only_one_check CHECK (only_one),
  constraint policy_table_revision_check CHECK ((revision >= 1))
);
