import { defineManifest } from "@homeport/kit/manifest.ts";
import type { InstanceRole } from "@homeport/kit/principal.ts";

/** The gateway is the whole platform's, and its log names everybody's visitors. */
const OPERATORS: readonly InstanceRole[] = ["owner", "operator"];

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
      instance: [...OPERATORS],
    },
  ],
  actions: {
    "gateway:read": { instance: OPERATORS },
    "policy:read": { instance: OPERATORS },
    "policy:write": { instance: OPERATORS },
  },
});
