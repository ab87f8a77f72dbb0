import { auditActorOf } from "@homeport/kit/audit/actor.ts";
import type { AuditActor } from "@homeport/kit/audit/record.ts";
import type { Policy } from "@homeport/kit/authorize.ts";
import type { OrganisationId } from "@homeport/kit/ids.ts";
import { type Principal, principalKey } from "@homeport/kit/principal.ts";
import { jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import { ACCESS_ACTIONS, type Grant, grantedActions, parseScopes, type Reach, reachOf } from "../access.ts";
import type { Revocations } from "./revocations.ts";

/** How long a token of the registry works, unless its holder's access changes before. */
export const TOKEN_SECONDS = 300;

const ISSUER = "homeport-registry";

/** Who sends a request below /v2, and what they may do where. */
export type Caller = { key: string; actor: AuditActor; reach: Reach; grants: Grant[] };

const Actions = z.array(z.enum(ACCESS_ACTIONS)).max(ACCESS_ACTIONS.length);
const Claims = z.object({
  sub: z.string().max(200),
  actor: z.object({
    kind: z.string(),
    id: z.string(),
    name: z.string().optional(),
    credential: z.object({ kind: z.string(), id: z.string() }).nullable(),
  }),
  /** The newest event that was known when the holder was asked about. */
  seq: z.number().int(),
  reach: z.union([z.uuid(), z.literal("*")]).nullable(),
  // `asked` besides what was granted: so a request that the token was never asked for can be told from a refused one.
  access: z
    .array(z.object({ type: z.literal("repository"), name: z.string(), actions: Actions, asked: Actions }))
    .max(50),
});

export type RegistryTokens = {
  /**
   * A token for what of `scopes` the principal may do. Scopes it may not use are in it without rights. `seq` is the newest
   * event that was known before it was asked who the principal is: changes after it make the token void.
   */
  issue(principal: Principal, scopes: readonly string[], seq: number): Promise<string>;
  /** Null for anything that is not a valid token of ours, or no longer. */
  verify(token: string): Promise<Caller | null>;
};

/** Tokens of docker's token authentication (distribution, "Token authentication specification"), signed with HS256. */
export const createRegistryTokens = (
  key: Uint8Array,
  policy: Policy,
  revocations: Pick<Revocations, "isVoid">,
): RegistryTokens => ({
  issue(principal, scopes, seq) {
    const now = new Date();
    const access = parseScopes(scopes).map(({ name, asked }) => ({
      type: "repository",
      name,
      asked,
      actions: grantedActions(policy, principal, name, asked, now),
    }));
    return new SignJWT({ access, reach: reachOf(principal), actor: auditActorOf(principal), seq })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setSubject(principalKey(principal))
      .setIssuer(ISSUER)
      .setAudience(ISSUER)
      .setIssuedAt()
      .setExpirationTime(`${TOKEN_SECONDS} seconds`)
      .sign(key);
  },
  async verify(token) {
    try {
      const { payload } = await jwtVerify(token, key, { issuer: ISSUER, audience: ISSUER, algorithms: ["HS256"] });
      const { sub, actor, reach, access, seq } = Claims.parse(payload);
      const holder = { organisation: reach, id: actor.id, tokenId: actor.credential?.id ?? null };
      if (revocations.isVoid(holder, seq)) return null;
      const grants = access.map(({ name, asked, actions }) => ({ name, asked, granted: actions }));
      return { key: sub, actor, reach: reach as OrganisationId | "*" | null, grants };
    } catch {
      return null; // expired, forged, malformed: all the same to the caller
    }
  },
});
