import type { AppContext } from "@homeport/kit/app.ts";
import { WORKLOADS_KEY, WORKLOADS_META_FIELD } from "@homeport/kit/registry/keys.ts";
import {
  createHashPublisher,
  type HashPublisher,
  type HashTable,
  type PublishedHash,
  replaceHash,
} from "@homeport/kit/registry/publish-hash.ts";
import { log } from "../log.ts";
import type { RouteSource } from "../ports.ts";
import type { RouteTable } from "../route.ts";
import { listGatewayRecords } from "./gateways.ts";

type Valkey = AppContext["valkey"];

const ROUTES: PublishedHash = { key: WORKLOADS_KEY, metaField: WORKLOADS_META_FIELD, kind: "workloads" };

/** Writes a table to Valkey and tells gateways. Returns the revision that is there instead, when it is a later one. */
export const replaceRoutes = (valkey: Valkey, table: RouteTable): Promise<number | null> =>
  replaceHash(valkey, ROUTES, toFields(table));

/** Keeps the routes in Valkey equal to those in Postgres. Any number of instances may run. */
export const createRoutePublisher = (valkey: Valkey, source: RouteSource): HashPublisher =>
  createHashPublisher(
    valkey,
    ROUTES,
    {
      ...source,
      read: async () => toFields(await source.read()),
      highestHeld: async () => Math.max(0, ...(await listGatewayRecords(valkey)).map(({ revision }) => revision)),
    },
    log,
  );

const toFields = ({ revision, routes }: RouteTable): HashTable => ({
  revision,
  fields: new Map(routes.map((route) => [route.workloadId, JSON.stringify(route)])),
});
