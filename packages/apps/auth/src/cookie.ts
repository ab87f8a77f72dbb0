import { SECURE_SESSION_COOKIE, SESSION_COOKIE } from "@homeport/kit/http/authenticate.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import { ABSOLUTE_MS } from "./session.ts";

const isSecure = (origin: string): boolean => origin.startsWith("https:");

/** The Set-Cookie value that signs a browser in; over https the name binds it to this host. */
export const sessionCookie = (token: Secret, origin: string): string =>
  isSecure(origin)
    ? `${SECURE_SESSION_COOKIE}=${token.reveal()}; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=${ABSOLUTE_MS / 1000}`
    : `${SESSION_COOKIE}=${token.reveal()}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${ABSOLUTE_MS / 1000}`;

export const endedCookie = (origin: string): string =>
  isSecure(origin)
    ? `${SECURE_SESSION_COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0`
    : `${SESSION_COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`;
