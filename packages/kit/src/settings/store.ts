import type { Db } from "../db/types.ts";

/** A setting as it is stored. Both values null: it was reset. `value` is JSON that nobody has looked at yet. */
export type SettingRow = {
  app: string;
  key: string;
  value: unknown;
  sealed: Uint8Array | null;
  version: number;
};

/** Every row of every app: a process reads them all at its start, and all again when one changes, which is rare. */
export const listSettingRows = (sql: Db): Promise<SettingRow[]> => sql<SettingRow[]>`
  select app, key, value, value_sealed as sealed, version
  from platform.settings
  order by app, key`;
