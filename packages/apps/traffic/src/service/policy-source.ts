import type { Sql } from "@homeport/kit/db/connect.ts";
import type { PolicySource } from "../ports.ts";
import { raiseRevisionAbove, readPolicyTable, readRevision } from "../store/policies.ts";

/** The policies as Postgres has them. */
export const policySource = (sql: Sql): PolicySource => ({
  read: () => readPolicyTable(sql),
  revision: () => readRevision(sql),
  raiseRevisionAbove: (floor) => raiseRevisionAbove(sql, floor),
});
