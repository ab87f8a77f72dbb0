import { z } from "zod";
import { deriveKey } from "./crypto.ts";
import type { Secret } from "./secret.ts";

/**
 * Sign-in with the platform in front of a tenant's host, which never sees the platform's own cookie. The gateway sends a
 * browser to GATE_PAGE of the auth app, which sends it back to GATE_RETURN on the host with a ticket for one use.
 */
export const GATE_PAGE = "/sign-in/gate";

/** The one path of a gated host that is the gateway's. */
export const GATE_RETURN = "/.homeport/gate";

/** The action that a person, and the scope of an API token, must be allowed for passing a gate. */
export const GATE_ACTION = "gate:enter";

/** Which host it stands in front of, by which policy, for members of which organisation (null: for everybody). */
export const Gate = z.object({
  /** As the browser spells it in addresses, without port. */
  host: z.string().min(1).max(253),
  /** The `host` of the policy, which may be `*.name`. */
  scope: z.string().min(1).max(253),
  organisationId: z.uuid().nullable(),
});

/** What the gateway states about the gate that it sends a browser from; signed, so that nothing can be left out. */
export const GateRequest = Gate.extend({
  /** Scheme, host and port to come back to. */
  origin: z.string().max(300),
  /** Hash of a cookie of the browser that was sent here: a ticket is of no use to another one. */
  state: z.string().max(64),
});

export type Gate = z.infer<typeof Gate>;
export type GateRequest = z.infer<typeof GateRequest>;

/** Longer than it takes to sign in first. */
export const GATE_REQUEST_MS = 30 * 60_000;

export const gateRequestKey = (appSecret: Secret): Buffer => deriveKey(appSecret, "gate request");

/** What somebody shows at a gate. */
export const GateCredential = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("session"), sessionId: z.uuid() }),
  z.object({ kind: z.literal("token"), value: z.string().min(1).max(4_096) }),
]);

/**
 * What comes of it. `stranger`: it is nobody's (any more). `refused`: we know who it is, and they may not enter: not a
 * member, or a token that is for something else.
 */
export const GateAnswer = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("welcome"),
    visitor: z.object({ personId: z.uuid(), email: z.string(), name: z.string() }),
  }),
  z.object({ kind: z.literal("stranger") }),
  z.object({ kind: z.literal("refused") }),
]);

export type GateCredential = z.infer<typeof GateCredential>;
export type GateAnswer = z.infer<typeof GateAnswer>;
export type Visitor = Extract<GateAnswer, { kind: "welcome" }>["visitor"];

/** Printable ASCII but backslashes, which browsers read as slashes; a second slash would name another host. */
const RETURN_PATH = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,1000}$/;

/** Where a visitor goes after the gate: the path that was wanted, or `/` where that is none that can be trusted or kept. */
export const gateReturnPath = (path: string | null): string =>
  path !== null && RETURN_PATH.test(path) && !path.startsWith(GATE_RETURN) ? path : "/";
