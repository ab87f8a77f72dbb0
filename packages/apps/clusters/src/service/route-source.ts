import type { Sql } from "@homeport/kit/db/connect.ts";
import type { RouteSource } from "../ports.ts";
import { raiseRevisionAbove, readRevision, readRoutes } from "../store/routes.ts";

/** The routes as Postgres has them. */
export const routeSource = (sql: Sql): RouteSource => ({
  read: () => readRoutes(sql),
  revision: () => readRevision(sql),
  raiseRevisionAbove: (floor) => raiseRevisionAbove(sql, floor),
});
