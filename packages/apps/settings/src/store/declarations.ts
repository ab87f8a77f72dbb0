import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import { PlainSetting, SettingKey } from "@homeport/kit/settings/declaration.ts";
import { DeclaredSettings } from "@homeport/kit/settings/schema.ts";
import { z } from "zod";
import type { RunningApp } from "../setting.ts";

/** More apps than anybody runs. */
const MAX_APPS = 500;

type Row = { id: string; name: string; declarations: unknown; environment: unknown };

const JsonColumns = z.object({
  declarations: DeclaredSettings,
  environment: z.record(SettingKey, PlainSetting.nullable()),
});

/** Every app that ever declared settings, as it was last seen, by name. */
export const listDeclarations = async (sql: Db): Promise<RunningApp[]> => {
  const rows = await sql<Row[]>`
    select app as id, name, declarations, environment
    from settings.declarations
    where declarations <> '[]'
    order by name, app
    limit ${MAX_APPS}`;
  return rows.flatMap(({ id, name, ...columns }) => {
    const parsed = JsonColumns.safeParse(columns); // a later version may have written what this one cannot use
    return parsed.success ? [{ id, name, ...parsed.data }] : [];
  });
};

/** Remembers what apps declare; where that is what is known, nothing is written. */
export const rememberDeclarations = async (sql: Db, apps: readonly RunningApp[], now: Date): Promise<void> => {
  const rows = apps.map(({ id, name, declarations, environment }) => ({ app: id, name, declarations, environment }));
  await sql`
    insert into settings.declarations (app, name, declarations, environment, changed_at)
    select app, name, declarations, environment, ${now}
    from jsonb_to_recordset(${jsonb(sql, rows)}) as seen (app text, name text, declarations jsonb, environment jsonb)
    where declarations <> '[]' or exists (select from settings.declarations known where known.app = seen.app)
    order by app
    on conflict (app) do update set
      name = excluded.name, declarations = excluded.declarations,
      environment = excluded.environment, changed_at = excluded.changed_at
    where (declarations.name, declarations.declarations, declarations.environment)
      is distinct from (excluded.name, excluded.declarations, excluded.environment)`;
};
