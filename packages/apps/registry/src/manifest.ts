import { DEPLOYERS, EDITORS, READERS } from "@homeport/kit/authorize.ts";
import { defineManifest } from "@homeport/kit/manifest.ts";
import { settings } from "./settings.ts";

export const manifest = defineManifest({
  id: "registry",
  name: "Registry",
  description: "Container images: push and pull with any OCI client, and what is stored.",
  icon: "container",
  routes: ["/v2", "/registry"],
  nav: [{ id: "registry", label: "Registry", href: "/registry", icon: "container", order: 50, roles: [...READERS] }],
  settings,
  actions: {
    "image:pull": { roles: READERS, kinds: ["job", "agent"] },
    "image:push": { roles: DEPLOYERS, kinds: ["job"] },
    "image:delete": { roles: EDITORS },
    // The OCI routes below /v2 carry a token of the registry's own, which the kit does not know: to it they are public,
    // and admitRegistry (service/admit-registry.ts), which all of them go through, decides by the rules above.
    "oci:request": { public: true },
    "repository:read": { roles: READERS },
    "manifest:check": { kinds: ["app"] },
    "pin:change": { kinds: ["app"] },
  },
});
