/** Every address of the pages about getting in, besides those of paths.ts. */
export const signInPaths = {
  askLink: "/sign-in/link",
  link: "/sign-in/by-link",
  /** Access logs leave queries out, so that nobody finds an unused link there. */
  linkBy: (token: string) => `/sign-in/by-link?token=${encodeURIComponent(token)}` as const,
  code: "/sign-in/code",
  codeFor: (next: string) => `/sign-in/code?next=${encodeURIComponent(next)}` as const,
  confirm: "/sign-in/confirm",
  password: "/account/security/password",
  authenticator: "/account/security/authenticator",
  confirmAuthenticator: "/account/security/authenticator/confirm",
  removeAuthenticator: "/account/security/authenticator/remove",
  recoveryCodes: "/account/security/recovery-codes",
  device: "/device",
  decideDevice: "/device/decide",
  admin: "/admin/sign-in",
  tried: (email: string) => `/admin/sign-in?test=${encodeURIComponent(email)}#test` as const,
  newRule: "/admin/sign-in/rules",
  rule: (rule: string) => `/admin/sign-in/rules/${rule}` as const,
  removeRule: (rule: string) => `/admin/sign-in/rules/${rule}/remove` as const,
  testMail: "/admin/sign-in/mail",
} as const;
