import { defineApp } from "@homeport/kit/app.ts";
import { DomainError, invariant } from "@homeport/kit/errors.ts";
import { eventStreamResponse } from "@homeport/kit/events/stream.ts";
import { memberScope } from "@homeport/kit/http/context.ts";
import type { RawRoute } from "@homeport/kit/http/routes.ts";
import { seeOther } from "@homeport/kit/page.ts";
import { type AssetManifest, assetResponse, loadAssets } from "@homeport/ui/assets";
import { appDocuments } from "./adapters/app-documents.ts";
import { contract } from "./contract.ts";
import { manifest } from "./manifest.ts";
import { createApiDescription } from "./service/openapi.ts";

const MAX_TYPES = 20;

export const app = defineApp({
  manifest,
  contract,
  async start({ config, events, valkey, signal }) {
    const assets = await loadAssets(config.assetsDir);
    invariant(assets !== null, "assets are built before the apps start");
    const describe = createApiDescription(valkey, appDocuments(config.gatewayUrl), config.version);
    const home: RawRoute = {
      method: "GET",
      path: "/",
      action: "home:open",
      resource: "public",
      handle: async () => seeOther("/projects"),
    };
    const stream: RawRoute = {
      method: "GET",
      path: "/api/v1/dashboard/events",
      action: "event:read",
      resource: "projects",
      handle: async (context) =>
        eventStreamResponse({
          log: events,
          types: typesOf(context.url.searchParams.get("types")),
          organisationId: memberScope(context).organisationId,
          projectIds: memberScope(context).projectIds,
          mayStill: context.mayStill,
          lastEventId: context.headers.get("last-event-id"),
          signal: AbortSignal.any([context.signal, signal]),
        }),
    };
    const openapi: RawRoute = {
      method: "GET",
      path: "/api/openapi.json",
      action: "api:describe",
      resource: "public",
      handle: async () => Response.json(await describe()),
    };
    return { handlers: {}, routes: [home, assetRoute(assets), stream, openapi] };
  },
});

const assetRoute = (assets: AssetManifest): RawRoute => ({
  method: "GET",
  path: "/public/*",
  action: "asset:read",
  resource: "public",
  handle: async ({ request }) => {
    const response = await assetResponse(assets, request);
    if (response === null) throw new DomainError("not_found", "There is no such file.");
    return response;
  },
});

const typesOf = (query: string | null): string[] => {
  const types = (query ?? "*").split(",").map((type) => type.trim());
  if (types.length <= MAX_TYPES && types.every((type) => /^[a-z0-9_.*-]{1,100}$/.test(type))) return types;
  throw new DomainError(
    "invalid",
    `types: at most ${MAX_TYPES} event types, parted by commas, such as deployments.deployment.*`,
  );
};
