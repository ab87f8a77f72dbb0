import { DEPLOYERS, READERS } from "@homeport/kit/authorize.ts";
import { defineManifest } from "@homeport/kit/manifest.ts";
import { settings } from "./settings.ts";

export const manifest = defineManifest({
  id: "ci",
  name: "CI",
  description: "Build jobs and the runners that do them; uploaded source archives.",
  icon: "hammer",
  routes: [],
  settings,
  actions: {
    "job:create": { kinds: ["app"] },
    "job:cancel": { kinds: ["app"] },
    "job:read": { roles: READERS, kinds: ["app"] },
    "job:claim": { kinds: ["runner"] },
    "job:report": { kinds: ["runner"] },
    "upload:create": { roles: DEPLOYERS, fromWithin: true },
    "upload:read": { kinds: ["job", "runner"] },
  },
});
