import { GATE_PAGE } from "@homeport/kit/gate.ts";

/** Every address of this app's pages and forms; `:token` and `:session` are filled by the builders below. */
export const paths = {
  setup: "/setup",
  signIn: "/sign-in",
  gate: GATE_PAGE,
  signOut: "/sign-out",
  confirm: (next: string) => `/sign-in/confirm?next=${encodeURIComponent(next)}` as const,
  account: "/account",
  accountEmail: "/account/email",
  confirmEmail: "/account/email/confirm",
  /** Access logs leave queries out, so that nobody finds an unused link there. */
  confirmEmailBy: (token: string) => `/account/email/confirm?token=${encodeURIComponent(token)}` as const,
  removeAccount: "/account/delete",
  security: "/account/security",
  tokens: "/account/tokens",
  revokeToken: (token: string) => `/account/tokens/${token}/revoke` as const,
  sessions: "/account/sessions",
  revokeSession: (session: string) => `/account/sessions/${session}/revoke` as const,
  revokeSessions: "/account/sessions/revoke",
  revokeOtherSessions: "/account/sessions/revoke-others",
  people: "/admin/people",
  person: (person: string) => `/admin/people/${person}` as const,
  suspendPerson: (person: string) => `/admin/people/${person}/suspend` as const,
  resumePerson: (person: string) => `/admin/people/${person}/resume` as const,
  setInstanceRole: (person: string) => `/admin/people/${person}/instance-role` as const,
  resetSecondFactor: (person: string) => `/admin/people/${person}/second-factor/remove` as const,
  signPersonOut: (person: string) => `/admin/people/${person}/sessions/revoke` as const,
  removePerson: (person: string) => `/admin/people/${person}/remove` as const,
  platformOrganisations: "/admin/organisations",
  platformOrganisation: (organisation: string) => `/admin/organisations/${organisation}` as const,
  closeOrganisation: (organisation: string) => `/admin/organisations/${organisation}/remove` as const,
} as const;
