-- Answers of requests that carried an Idempotency-Key, so that a request that is sent again is answered, not done again.
create table platform.idempotency_keys (
  app text not null,
  principal text not null,
  key text not null,
  -- Of the route, the organisation and the input; keyed, because inputs hold secrets.
  request_hash bytea not null,
  -- Whoever answers the request first. One that died leaves its claim behind, until claimed_at is long ago.
  claim uuid not null default gen_random_uuid(),
  claimed_at timestamptz not null default now(),
  -- Null while the first request is being answered.
  response_sealed bytea,
  created_at timestamptz not null default now(),
  constraint idempotency_keys_pkey primary key (app, principal, key),
  constraint idempotency_keys_key_check check (length(key) between 1 and 255 and length(principal) <= 200),
  constraint idempotency_keys_response_check check (octet_length(response_sealed) <= 1048576)
);
create index idempotency_keys_created_idx on platform.idempotency_keys (app, created_at);

alter table platform.idempotency_keys enable row level security;
create policy idempotency_keys_own on platform.idempotency_keys to homeport_apps
  using (app = platform.calling_app()) with check (app = platform.calling_app());
grant select, insert, update, delete on platform.idempotency_keys to homeport_apps;
