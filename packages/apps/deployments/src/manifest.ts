import { ADMINS, DEPLOYERS, EDITORS, READERS } from "@homeport/kit/authorize.ts";
import { defineManifest } from "@homeport/kit/manifest.ts";

export const manifest = defineManifest({
  id: "deployments",
  name: "Deployments",
  description: "Projects, services and their variables; releases, deployments and rollbacks.",
  icon: "rocket",
  routes: ["/projects"],
  nav: [{ id: "projects", label: "Projects", href: "/projects", icon: "layout-grid", order: 10 }],
  commands: [{ id: "project.create", label: "New project", href: "/projects/new" }],
  actions: {
    "project:read": { roles: READERS },
    "project:create": { roles: EDITORS },
    "project:remove": { roles: ADMINS },
    "service:read": { roles: READERS },
    "service:create": { roles: EDITORS },
    "service:update": { roles: EDITORS },
    "service:remove": { roles: ADMINS },
    "variable:read": { roles: READERS },
    "variable:write": { roles: EDITORS },
    "deployment:read": { roles: READERS },
    "deployment:create": { roles: DEPLOYERS },
    "deployment:cancel": { roles: DEPLOYERS },
    "release:read": { roles: READERS },
    "release:rollback": { roles: DEPLOYERS },
  },
});
