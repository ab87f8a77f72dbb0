import { READERS } from "@homeport/kit/authorize.ts";
import { GATE_ACTION } from "@homeport/kit/gate.ts";
import { defineManifest } from "@homeport/kit/manifest.ts";

export const manifest = defineManifest({
  id: "auth",
  name: "Accounts",
  description: "People, the organisation and its roles, sessions, API tokens, the first admin.",
  icon: "key-round",
  routes: ["/setup", "/sign-in", "/sign-out", "/account"],
  actions: {
    "setup:claim": { public: true },
    "session:create": { public: true },
    "session:end": { public: true },
    "profile:read": { roles: READERS },
    "session:read": { roles: READERS },
    "session:revoke": { roles: READERS },
    "token:read": { roles: READERS },
    "token:create": { roles: READERS },
    "token:revoke": { roles: READERS },
    "member:read": { roles: READERS },
    "credential:resolve": { kinds: ["app"] },
    [GATE_ACTION]: { roles: READERS },
    "gate:check": { kinds: ["app"] },
  },
});
