import { READERS } from "@homeport/kit/authorize.ts";
import { defineManifest } from "@homeport/kit/manifest.ts";

export const manifest = defineManifest({
  id: "dashboard",
  name: "Dashboard",
  description: "The way in, shared browser assets, the stream of events, API descriptions.",
  icon: "home",
  routes: ["/", "/public", "/api/openapi.json"],
  actions: {
    "asset:read": { public: true },
    "home:open": { public: true },
    "event:read": { roles: READERS },
    "api:describe": { public: true },
  },
});
