import type { Sql } from "@homeport/kit/db/connect.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import type { KeyAdmin } from "@homeport/kit/keys/rotate.ts";
import type { Clock, RunningApps } from "../ports.ts";

/** What the use cases of this app work with. */
export type SettingsDeps = {
  sql: Sql;
  clock: Clock;
  apps: RunningApps;
  keys: Pick<Keyring, "seal">;
  keyAdmin: KeyAdmin;
};
