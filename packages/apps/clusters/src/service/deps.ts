import type { Sql } from "@homeport/kit/db/connect.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import type { Clock } from "../ports.ts";
import type { Signals } from "../signal.ts";

/** What the use cases of this app work with. */
export type ClustersDeps = {
  sql: Sql;
  clock: Clock;
  signals: Signals;
  /** Of the variables of releases at rest. */
  keys: Keyring;
};
