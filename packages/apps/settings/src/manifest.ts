import { defineManifest } from "@homeport/kit/manifest.ts";
import type { InstanceRole } from "@homeport/kit/principal.ts";

/** Settings change the platform for everybody on it. */
const OWNERS: readonly InstanceRole[] = ["owner"];

export const manifest = defineManifest({
  id: "settings",
  name: "Settings",
  description: "What operators set while everything runs, for every app; and the keys that secrets are sealed with.",
  icon: "settings-2",
  routes: ["/admin/settings"],
  nav: [
    {
      id: "settings",
      label: "Settings",
      href: "/admin/settings",
      icon: "settings-2",
      order: 90,
      instance: [...OWNERS],
    },
  ],
  actions: {
    "setting:read": { instance: OWNERS },
    "setting:write": { instance: OWNERS },
    "key:read": { instance: OWNERS },
    "key:rotate": { instance: OWNERS, dangerous: true },
  },
});
