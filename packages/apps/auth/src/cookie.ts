import { SECURE_SESSION_COOKIE, SESSION_COOKIE } from "@homeport/kit/http/authenticate.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { MAX_ABSOLUTE_MS } from "./session.ts";

const isSecure = (origin: string): boolean => origin.startsWith("https:");

/** Whether a session has ended is decided here, by the settings of that moment; a cookie that ends first would overrule them. */
const MAX_AGE_SECONDS = MAX_ABSOLUTE_MS / 1000;

/** The Set-Cookie value that signs a browser in; over https the name binds it to this host. */
export const sessionCookie = (token: Secret, origin: string): string =>
  isSecure(origin)
    ? `${SECURE_SESSION_COOKIE}=${token.reveal()}; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=${MAX_AGE_SECONDS}`
    : `${SESSION_COOKIE}=${token.reveal()}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${MAX_AGE_SECONDS}`;

export const endedCookie = (origin: string): string =>
  isSecure(origin)
    ? `${SECURE_SESSION_COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0`
    : `${SESSION_COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`;

/** Of a browser that showed the first factor and looks for the second; ten minutes, as long as that is remembered. */
const PENDING_COOKIE = "homeport-sign-in";
const PENDING_SECONDS = 600;

const pendingName = (origin: string): string => (isSecure(origin) ? `__Host-${PENDING_COOKIE}` : PENDING_COOKIE);

export const pendingCookie = (token: Secret, origin: string): string =>
  `${pendingName(origin)}=${token.reveal()}; Path=/; HttpOnly; SameSite=Lax;${isSecure(origin) ? " Secure;" : ""} Max-Age=${PENDING_SECONDS}`;

export const pendingOf = (headers: Headers, origin: string): Secret | null => {
  for (const pair of (headers.get("cookie") ?? "").split(";")) {
    const [name, value] = pair.trim().split("=", 2);
    if (name === pendingName(origin) && value) return new Secret(value);
  }
  return null;
};
