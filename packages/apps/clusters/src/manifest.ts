import { READERS } from "@homeport/kit/authorize.ts";
import { defineManifest } from "@homeport/kit/manifest.ts";

export const manifest = defineManifest({
  id: "clusters",
  name: "Nodes",
  description: "Nodes and their agents, workloads and their rollouts, desired and observed state, workload routes.",
  icon: "server",
  routes: ["/nodes"],
  nav: [{ id: "nodes", label: "Nodes", href: "/nodes", icon: "server", order: 60, instance: ["owner", "operator"] }],
  actions: {
    "workload:write": { kinds: ["app"] },
    "workload:run": { kinds: ["app"] },
    "workload:read": { roles: READERS, kinds: ["app"] },
    "task:write": { kinds: ["app"] },
    "node:write": { instance: ["owner", "operator"] },
    "node:read": { instance: ["owner", "operator"], kinds: ["app"] },
    "agent:report": { kinds: ["agent"] },
    "agent:read": { kinds: ["agent"] },
    "agent:shell": { kinds: ["agent"] },
    "shell:open": { kinds: ["app"] },
  },
});
