import type { SettingValues } from "@homeport/kit/settings/declaration.ts";
import { defineSettings } from "@homeport/kit/settings/declaration.ts";

const SIGN_IN = "Signing in";
const SESSIONS = "Sessions";
const MAIL = "Mail";
const DENIED = "Refused sign-ins";

export const settings = defineSettings([
  {
    key: "password-sign-in",
    group: SIGN_IN,
    label: "Sign in with a password",
    description: "Owners of the platform can use theirs even when this is off, so that nobody is locked out.",
    type: "boolean",
    default: true,
  },
  {
    key: "link-sign-in",
    group: SIGN_IN,
    label: "Sign in by a link in a mail",
    description: "Offered while a mail server is set up.",
    type: "boolean",
    default: true,
  },
  {
    key: "require-second-factor",
    group: SIGN_IN,
    label: "Ask for a second factor",
    description: "Who has none is led to set one up after signing in.",
    type: "boolean",
    default: false,
  },
  {
    key: "open-organisations",
    group: SIGN_IN,
    label: "Everybody may found organisations",
    description: "Otherwise only owners of the platform may.",
    type: "boolean",
    default: false,
  },
  {
    key: "session-idle-days",
    group: SESSIONS,
    label: "End when not used for",
    description: "A session that nobody uses for this long is over.",
    type: "integer",
    default: 7,
    min: 1,
    max: 90,
    unit: "days",
  },
  {
    key: "session-absolute-days",
    group: SESSIONS,
    label: "End at the age of",
    description: "A session of this age is over, however much it is used.",
    type: "integer",
    default: 30,
    min: 1,
    max: 365,
    unit: "days",
  },
  {
    key: "smtp-host",
    group: MAIL,
    label: "Mail server",
    description: "Host name of the SMTP server. Without one nothing is mailed: no invites, no sign-in links.",
    env: "HOMEPORT_SMTP_HOST",
    type: "text",
    default: "",
    maxLength: 253,
    pattern: "[A-Za-z0-9.:_-]+",
  },
  {
    key: "smtp-port",
    group: MAIL,
    label: "Port",
    description: "Usually 587 with STARTTLS, 465 with TLS, 25 without.",
    env: "HOMEPORT_SMTP_PORT",
    type: "integer",
    default: 587,
    min: 1,
    max: 65_535,
  },
  {
    key: "smtp-security",
    group: MAIL,
    label: "Encryption",
    description: "How the connection to the mail server is protected.",
    env: "HOMEPORT_SMTP_SECURITY",
    type: "choice",
    default: "starttls",
    options: [
      { value: "starttls", label: "STARTTLS" },
      { value: "tls", label: "TLS" },
      { value: "none", label: "None" },
    ],
  },
  {
    key: "smtp-user",
    group: MAIL,
    label: "User",
    description: "Empty for a server that asks for none.",
    env: "HOMEPORT_SMTP_USER",
    type: "text",
    default: "",
    maxLength: 254,
  },
  {
    key: "smtp-password",
    group: MAIL,
    label: "Password",
    description: "Of the user at the mail server.",
    env: "HOMEPORT_SMTP_PASSWORD",
    type: "secret",
  },
  {
    key: "mail-from",
    group: MAIL,
    label: "Sender",
    description: "The address that mails come from; the mail server must accept it.",
    env: "HOMEPORT_MAIL_FROM",
    type: "email",
    default: "",
  },
  {
    key: "denied-webhook-url",
    group: DENIED,
    label: "Webhook",
    description:
      "Gets a POST with email, provider, ip and user_agent when somebody is refused who had proved the address.",
    type: "url",
    default: "",
  },
  {
    key: "denied-webhook-secret",
    group: DENIED,
    label: "Secret of the webhook",
    description: "With one, calls are signed as Standard Webhooks says; as it is, or base64 after whsec_.",
    type: "secret",
  },
]);

/** Reads a setting as it is at this moment. */
export type ReadSetting = <K extends keyof SettingValues<typeof settings>>(key: K) => SettingValues<typeof settings>[K];
