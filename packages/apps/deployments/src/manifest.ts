import { ADMINS, DEPLOYERS, EDITORS, READERS, RELEASERS } from "@homeport/kit/authorize.ts";
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
    "project:read": { roles: READERS, fromWithin: true },
    "project:create": { roles: EDITORS },
    "project:remove": { roles: ADMINS },
    "environment:read": { roles: READERS, fromWithin: true },
    "environment:protect": { roles: ADMINS },
    "service:read": { roles: READERS, fromWithin: true },
    "service:create": { roles: EDITORS },
    "service:update": { roles: EDITORS, protectedRoles: ADMINS },
    "service:remove": { roles: ADMINS },
    "variable:read": { roles: READERS },
    "secret:read": { roles: READERS },
    "secret:write": { roles: EDITORS, protectedRoles: ADMINS },
    "secret:reveal": { roles: ADMINS, dangerous: true },
    "variable:write": { roles: EDITORS, protectedRoles: ADMINS },
    "deployment:read": { roles: READERS },
    "deployment:create": { roles: DEPLOYERS, protectedRoles: RELEASERS },
    "deployment:cancel": { roles: DEPLOYERS, protectedRoles: RELEASERS },
    "release:read": { roles: READERS },
    "release:rollback": { roles: DEPLOYERS, protectedRoles: RELEASERS },
  },
});
