import { describeTables } from "./schema-tables.ts";
import type { Sql, Tx } from "./types.ts";

const HEADER = `-- What the migrations of this folder add up to, for reading and for reviews. Made by
-- "bun packages/kit/src/db/dump-cli.ts"; never edited, never run.
`;

/**
 * A schema as text: the same for the same migrations on every machine, whatever order things were created in. Own, and
 * not pg_dump, which the embedded server does not bring and whose output changes with its version.
 */
export async function dumpSchema(admin: Sql, schema: string): Promise<string> {
  return admin.begin("isolation level repeatable read read only", async (tx) => {
    // With an empty search_path Postgres spells every name in full.
    await tx`select set_config('search_path', '', true)`;
    const parts = [
      ...(await describeTypes(tx, schema)),
      ...(await describeSequences(tx, schema)),
      ...(await describeTables(tx, schema)),
      ...(await describeViews(tx, schema)),
      ...(await describeFunctions(tx, schema)),
    ];
    return `${[HEADER, ...parts].join("\n")}`;
  });
}

async function describeTypes(tx: Tx, schema: string): Promise<string[]> {
  const rows = await tx<{ name: string; labels: string }[]>`
    select format('%I.%I', n.nspname, t.typname) as name, string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder) as labels
    from pg_catalog.pg_type t
    join pg_catalog.pg_namespace n on n.oid = t.typnamespace
    join pg_catalog.pg_enum e on e.enumtypid = t.oid
    where n.nspname = ${schema}
    group by n.nspname, t.typname
    order by t.typname`;
  return rows.map((row) => `create type ${row.name} as enum (${row.labels});\n`);
}

/** Sequences that stand alone; those of identity columns are part of their column. */
async function describeSequences(tx: Tx, schema: string): Promise<string[]> {
  const rows = await tx<{ name: string; type: string }[]>`
    select format('%I.%I', n.nspname, c.relname) as name, format_type(s.seqtypid, null) as type
    from pg_catalog.pg_sequence s
    join pg_catalog.pg_class c on c.oid = s.seqrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${schema}
      and not exists (select from pg_catalog.pg_depend d where d.objid = c.oid and d.deptype in ('a', 'i') and d.refobjsubid > 0)
    order by c.relname`;
  return rows.map((row) => `create sequence ${row.name} as ${row.type};\n`);
}

async function describeViews(tx: Tx, schema: string): Promise<string[]> {
  const rows = await tx<{ kind: string; name: string; query: string }[]>`
    select case c.relkind when 'm' then 'materialized view' else 'view' end as kind, format('%I.%I', n.nspname, c.relname) as name,
      pg_get_viewdef(c.oid) as query
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${schema} and c.relkind in ('v', 'm')
    order by c.relname`;
  return rows.map((row) => `create ${row.kind} ${row.name} as\n${row.query.trimEnd()}\n`);
}

async function describeFunctions(tx: Tx, schema: string): Promise<string[]> {
  const rows = await tx<{ text: string }[]>`
    select pg_get_functiondef(p.oid) as text
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = ${schema} and p.prokind in ('f', 'p')
    order by p.proname, pg_get_function_identity_arguments(p.oid)`;
  return rows.map((row) => `${row.text.trimEnd()};\n`);
}
