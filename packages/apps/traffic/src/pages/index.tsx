import { DomainError } from "@homeport/kit/errors.ts";
import type { Page } from "@homeport/kit/page.ts";
import type { TrafficDeps } from "../service/deps.ts";
import { readTraffic } from "../service/read-traffic.ts";
import { GatewayPage } from "./gateway.page.tsx";
import { readView } from "./gateway-view.ts";
import { policyPages } from "./policy-pages.tsx";

export const pages = (deps: TrafficDeps): Page[] => [
  {
    path: "/admin/gateway",
    action: "gateway:read",
    resource: "platform",
    async render({ url, requestId }) {
      // Told on the page itself: it is refreshed in place, and recovers as soon as Valkey does.
      const traffic = await readTraffic(deps).catch((err: unknown) => {
        if (err instanceof DomainError && err.code === "unavailable") return err;
        throw err;
      });
      const view = readView(url.searchParams);
      return { title: "Gateway", body: <GatewayPage {...{ traffic, view, requestId }} now={deps.clock()} /> };
    },
  },
  ...policyPages(deps),
];
