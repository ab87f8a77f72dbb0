import type { Sql } from "@homeport/kit/db/connect.ts";
import type { Limits } from "../limits.ts";
import type { Clock, LineChannel } from "../ports.ts";

/** What the use cases of this app work with. `limits` may be others at each call. */
export type LoggingDeps = { sql: Sql; clock: Clock; limits: () => Limits; channel: LineChannel };
