import { type Db, jsonb, type Tx } from "@homeport/kit/db/connect.ts";
import type { PlainSetting } from "@homeport/kit/settings/declaration.ts";
import type { StoredSetting } from "../setting.ts";

/** Every setting that was ever changed. Their number is bounded by what apps declare. */
export const listStoredSettings = (sql: Db): Promise<StoredSetting[]> => sql<StoredSetting[]>`
  select app, key, value, value_sealed is not null as "isSealed", version,
    updated_at as "updatedAt", updated_by as "updatedBy"
  from platform.settings
  order by app, key`;

/** The version of the last change. Held until the transaction ends, so that whoever changes settings takes turns. */
export const lockVersion = async (tx: Tx): Promise<number> => {
  const [row] = await tx<[{ version: number }]>`select version from settings.setting_version for update`;
  return row.version;
};

export const saveVersion = async (tx: Tx, version: number): Promise<void> => {
  await tx`update settings.setting_version set version = ${version}`;
};

/** Neither a value nor sealed bytes: the setting is what it would be without a row. */
export type SettingWrite = {
  app: string;
  key: string;
  value: PlainSetting | null;
  sealed: Buffer | null;
  version: number;
  updatedAt: Date;
  updatedBy: string;
};

export const upsertSetting = async (tx: Tx, row: SettingWrite): Promise<void> => {
  await tx`
    insert into platform.settings (app, key, value, value_sealed, version, updated_at, updated_by)
    values (
      ${row.app}, ${row.key}, ${row.value === null ? null : jsonb(tx, row.value)}, ${row.sealed}, ${row.version},
      ${row.updatedAt}, ${row.updatedBy}
    )
    on conflict (app, key) do update set
      value = excluded.value, value_sealed = excluded.value_sealed, version = excluded.version,
      updated_at = excluded.updated_at, updated_by = excluded.updated_by`;
};
