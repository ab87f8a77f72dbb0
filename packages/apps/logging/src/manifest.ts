import { READERS } from "@homeport/kit/authorize.ts";
import { defineManifest } from "@homeport/kit/manifest.ts";
import { settings } from "./settings.ts";

export const manifest = defineManifest({
  id: "logging",
  name: "Logs",
  description: "Log streams of builds and services: kept in chunks, read back by line, followed live.",
  icon: "scroll-text",
  routes: [],
  settings,
  actions: {
    "log:read": { roles: READERS, kinds: ["app"] },
    "log:append": { kinds: ["job", "agent", "app"] },
    "log:end": { kinds: ["job", "app"] },
    "log:manage": { kinds: ["app"] },
  },
});
