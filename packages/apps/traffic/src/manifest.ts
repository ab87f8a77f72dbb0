import { defineManifest } from "@homeport/kit/manifest.ts";
import type { Role } from "@homeport/kit/principal.ts";

/** The gateway is the whole platform's, and its log names everybody's visitors. */
const INSTANCE_OWNERS: readonly Role[] = ["owner"];

export const manifest = defineManifest({
  id: "traffic",
  name: "Gateway",
  description:
    "What the gateways serve and how it goes, and the policies of hosts: redirects, access, maintenance, limits.",
  icon: "network",
  routes: ["/admin/gateway"],
  nav: [
    {
      id: "gateway",
      label: "Gateway",
      href: "/admin/gateway",
      icon: "network",
      order: 70,
      roles: [...INSTANCE_OWNERS],
    },
  ],
  actions: {
    "gateway:read": { roles: INSTANCE_OWNERS },
    "policy:read": { roles: INSTANCE_OWNERS },
    "policy:write": { roles: INSTANCE_OWNERS },
  },
});
