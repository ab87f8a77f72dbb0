import { GATE_PAGE } from "@homeport/kit/gate.ts";

/** Every address of this app's pages and forms; `:token` and `:session` are filled by the builders below. */
export const paths = {
  setup: "/setup",
  signIn: "/sign-in",
  gate: GATE_PAGE,
  signOut: "/sign-out",
  account: "/account",
  tokens: "/account/tokens",
  revokeToken: (token: string) => `/account/tokens/${token}/revoke` as const,
  revokeSession: (session: string) => `/account/sessions/${session}/revoke` as const,
  revokeSessions: "/account/sessions/revoke",
} as const;
