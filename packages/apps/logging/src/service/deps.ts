import type { Sql } from "@homeport/kit/db/connect.ts";
import type { Limits } from "../limits.ts";
import type { Clock, LineChannel } from "../ports.ts";

/** What the use cases of this app work with. */
export type LoggingDeps = { sql: Sql; clock: Clock; limits: Limits; channel: LineChannel };
