import type { Secret } from "@homeport/kit/secret.ts";
import { AuthApp } from "../adapters/auth-app.ts";
import { log } from "../log.ts";
import type { Target } from "../target.ts";
import { CachedSessionCheck } from "./cached-session-check.ts";
import type { SignInGate } from "./policy-request.ts";
import type { PublicAddress } from "./public-origin.ts";
import { CLOSED_SIGN_IN, PlatformSignIn } from "./sign-in.ts";

/** Where the auth app's routes are in the table. */
export const AUTH_PATH = "/api/v1/auth";

/** The gate of this gateway. Without APP_SECRET nobody can prove anything to it: what asks for a sign-in is closed. */
export function openSignIn(
  appSecret: Secret | null,
  address: PublicAddress,
  authTargets: () => readonly Target[],
): SignInGate {
  if (appSecret === null) {
    log.info("no APP_SECRET: hosts that ask for a sign-in answer 503");
    return CLOSED_SIGN_IN;
  }
  const auth = new AuthApp(authTargets, appSecret);
  return new PlatformSignIn({ appSecret, address, auth, checks: new CachedSessionCheck(auth) });
}
