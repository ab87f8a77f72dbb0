-- Counted by column: while two versions of an app run, the one that knows fewer columns says nothing of the others. What
-- was counted before is counted anew by every process that starts.
delete from platform.data_key_usage;
alter table platform.data_key_usage
  -- Table and column: `shop.orders.card`.
  add column source text not null,
  drop constraint data_key_usage_pkey,
  add constraint data_key_usage_pkey primary key (app, source, key_id);
