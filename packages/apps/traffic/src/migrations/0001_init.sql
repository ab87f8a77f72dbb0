-- Writers lock this row, so that a table of policies with a higher revision was also committed later.
create table traffic.policy_table (
  only_one boolean primary key default true check (only_one),
  revision bigint not null default 1 check (revision >= 1)
);
insert into traffic.policy_table default values;

create table traffic.policies (
  -- A name, *.name, or (platform). By bytes, so that a page of the list begins where the last one ended.
  host text collate "C" primary key check (length(host) between 1 and 253),
  -- As gateways get it: passwords are hashes.
  policy jsonb not null,
  -- Of policy_table, when this row was written.
  revision bigint not null,
  updated_at timestamptz not null,
  -- {personId, name}
  updated_by jsonb not null
);
