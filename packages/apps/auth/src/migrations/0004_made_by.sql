-- The token that another one of the same holder was made with: when it is revoked, the other one ends, too.
alter table auth.api_tokens
  add column made_by uuid references auth.api_tokens (id) on delete cascade;
create index api_tokens_made_by_idx on auth.api_tokens (made_by) where made_by is not null;
