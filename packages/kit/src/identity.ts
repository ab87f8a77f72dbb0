import { jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import { deriveKey } from "./crypto.ts";
import type { Principal } from "./principal.ts";
import type { Secret } from "./secret.ts";

/** Parts of the platform that prove themselves with a signed identity instead of a session or API token. */
export type SignedPrincipal = Extract<Principal, { kind: "app" | "agent" | "runner" | "job" }>;

const Claims = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("app"), appId: z.string().max(40) }),
  z.object({ kind: z.literal("agent"), nodeId: z.uuid() }),
  z.object({ kind: z.literal("runner"), runnerId: z.string().max(80) }),
  z.object({ kind: z.literal("job"), jobId: z.uuid(), organisationId: z.uuid(), repository: z.string().max(255) }),
]);

const ISSUER = "homeport";
const AUDIENCE = "homeport";

export const identityKey = (appSecret: Secret): Buffer => deriveKey(appSecret, "identity");

/** A JWT (HS256; RFC 7519) that says which part of the platform its bearer is. */
export const signIdentity = (key: Buffer, principal: SignedPrincipal, ttlSeconds: number): Promise<string> =>
  new SignJWT({ who: principal })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setIssuedAt()
    .setExpirationTime(`${ttlSeconds} seconds`)
    .sign(key);

/** Returns null for anything that is not a valid, unexpired identity of ours. */
export const verifyIdentity = async (key: Buffer, token: string): Promise<SignedPrincipal | null> => {
  try {
    const { payload } = await jwtVerify(token, key, { issuer: ISSUER, audience: AUDIENCE, algorithms: ["HS256"] });
    const claims = Claims.safeParse(payload.who);
    return claims.success ? claims.data : null;
  } catch {
    return null; // expired, forged, malformed: all the same to the caller
  }
};
