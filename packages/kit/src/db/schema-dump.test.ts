import { expect, test } from "bun:test";
import { join } from "node:path";
import { emptyDatabase, testDatabase } from "../../test/database.ts";
import { dumpSchema } from "./schema-dump.ts";

const KINDS = `
  create schema shop;
  set search_path = shop;
  create type size as enum ('small', 'large');
  create sequence numbers as int;
  create table orders (
    id bigint generated always as identity primary key,
    customer uuid not null,
    size size not null default 'small',
    total numeric(10, 2) not null check (total >= 0),
    twice numeric generated always as (total * 2) stored,
    note text collate "C",
    unique (customer, note)
  ) with (fillfactor = 70);
  create table lines (order_id bigint not null references orders (id) on delete cascade, position int not null, primary key (order_id, position));
  create index lines_position_idx on lines (position) where position > 0;
  create table log (at timestamptz not null, text text) partition by range (at);
  create view open_orders as select id from orders where total > 0;
  create function touch() returns trigger language plpgsql as $$ begin return new; end; $$;
  create trigger lines_touch before update on lines for each row execute function touch();
  alter table lines enable row level security;
  create policy lines_all on lines using (position > 0);
`;

test("a schema is written out whole, with every kind of thing a migration makes", async () => {
  await using first = await emptyDatabase();
  await first.admin.begin((tx) => tx.unsafe(KINDS));
  const text = await dumpSchema(first.admin, "shop");
  for (const part of [
    "create type shop.size as enum ('small', 'large');",
    "create sequence shop.numbers as integer;",
    "id bigint generated always as identity not null",
    "size shop.size default 'small'::shop.size not null",
    "twice numeric generated always as ((total * (2)::numeric)) stored",
    'note text collate "C"',
    "constraint orders_total_check CHECK ((total >= (0)::numeric))",
    "constraint orders_customer_note_key UNIQUE (customer, note)",
    "constraint lines_order_id_fkey FOREIGN KEY (order_id) REFERENCES shop.orders(id) ON DELETE CASCADE",
    "with (fillfactor=70)",
    'CREATE INDEX lines_position_idx ON shop.lines USING btree ("position") WHERE ("position" > 0);',
    "partition by RANGE (at)",
    "create view shop.open_orders as",
    "CREATE OR REPLACE FUNCTION shop.touch()",
    "CREATE TRIGGER lines_touch BEFORE UPDATE ON shop.lines",
    "alter table shop.lines enable row level security;",
    'create policy lines_all on shop.lines for all to public using (("position" > 0));',
  ]) {
    expect(text).toContain(part);
  }
});

test("the dump of the platform's own tables is current", async () => {
  await using db = await testDatabase();
  const written = await Bun.file(join(import.meta.dir, "platform", "schema.sql")).text();
  expect(await dumpSchema(db.admin, "platform")).toBe(written);
});
