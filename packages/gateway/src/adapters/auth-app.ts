import { GateAnswer, type GateCredential } from "@homeport/kit/gate.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import { z } from "zod";
import type { SessionCheck, ShownTicket } from "../policies/session-check.ts";
import type { Target } from "../target.ts";

const TIMEOUT_MS = 2_000;
/** Of each kind at once, so that made-up tokens or tickets do not keep sessions waiting. Bun's fetch runs 256 in all. */
const MAX_RUNNING = 64;
/** Instances that are tried until one can be reached. */
const MAX_TRIES = 3;
const IDENTITY_TTL_SECONDS = 120;
const RENEW_BEFORE_MS = 60_000;

const Redeemed = z.object({ sessionId: z.uuid().nullable() });

type Kind = "session" | "token" | "ticket";

/**
 * The auth app, asked at its own instances as the route table has them, not through our own listener: what a policy does
 * to the platform's hosts must not decide whether people can be recognised.
 */
export class AuthApp implements SessionCheck {
  private readonly running: Record<Kind, number> = { session: 0, token: 0, ticket: 0 };
  private readonly identity: () => Promise<string>;

  /** `targets`: where the auth app answers right now. */
  constructor(
    private readonly targets: () => readonly Target[],
    appSecret: Secret,
    private readonly timeoutMs = TIMEOUT_MS,
  ) {
    this.identity = gatewayIdentity(appSecret);
  }

  check(credential: GateCredential, organisationId: string | null): Promise<GateAnswer> {
    return this.ask(credential.kind, "/gate/check", { credential, organisationId }, GateAnswer);
  }

  async redeem(shown: ShownTicket): Promise<string | null> {
    return (await this.ask("ticket", "/gate/redeem", shown, Redeemed)).sessionId;
  }

  private async ask<T extends z.ZodType>(kind: Kind, path: string, body: object, schema: T): Promise<z.output<T>> {
    if (this.running[kind] >= MAX_RUNNING) throw new Error("The auth app is asked too much at once.");
    this.running[kind]++;
    try {
      return schema.parse(await this.post(path, JSON.stringify(body)));
    } finally {
      this.running[kind]--;
    }
  }

  private async post(path: string, body: string): Promise<unknown> {
    const signal = AbortSignal.timeout(this.timeoutMs);
    const headers = { authorization: `Bearer ${await this.identity()}`, "content-type": "application/json" };
    let last: unknown = new Error("No instance of the auth app is there.");
    for (const { address } of shuffled(this.targets()).slice(0, MAX_TRIES)) {
      const isUnix = address.kind === "unix";
      const base = isUnix ? "http://auth" : `http://${hostOf(address.host)}:${address.port}`;
      try {
        const response = await fetch(`${base}/api/v1/auth${path}`, {
          method: "POST",
          headers,
          body,
          signal,
          redirect: "manual",
          ...(isUnix ? { unix: address.path } : {}),
        });
        if (response.ok) return await response.json();
        last = new Error(`The auth app answered ${response.status}.`);
        await response.body?.cancel();
      } catch (err) {
        last = err;
      }
      if (signal.aborted) break;
    }
    throw last;
  }
}

const hostOf = (host: string): string => (host.includes(":") ? `[${host}]` : host);

const shuffled = <Item>(items: readonly Item[]): Item[] => {
  const start = Math.floor(Math.random() * items.length);
  return [...items.slice(start), ...items.slice(0, start)];
};

/** A short-lived proof that we are a part of the platform; a new one before the last ends. */
function gatewayIdentity(appSecret: Secret): () => Promise<string> {
  let known = { token: "", until: 0 };
  return async () => {
    if (known.until - Date.now() > RENEW_BEFORE_MS) return known.token;
    // Loaded when the first gate opens: its library costs 2 MB, and most gateways have no gate.
    const { identityKey, signIdentity } = await import("@homeport/kit/identity.ts");
    const until = Date.now() + IDENTITY_TTL_SECONDS * 1_000;
    const token = await signIdentity(identityKey(appSecret), { kind: "app", appId: "gateway" }, IDENTITY_TTL_SECONDS);
    known = { token, until };
    return token;
  };
}
