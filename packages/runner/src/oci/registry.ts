import type { Secret } from "@homeport/kit/secret.ts";
import { z } from "zod";
import { BuildFailure } from "../build-failure.ts";

export type RegistryAccess = {
  /** host:port. Plain HTTP on loopback, as container engines do it too; HTTPS everywhere else. */
  registry: string;
  repository: string;
  password: Secret;
};

/** One repository of a registry, with the right to push (OCI distribution 1.1). */
export type Registry = {
  /** Sends a request below `/v2/<repository>/`, or to a place that the registry itself named. Never throws for a status. */
  call(path: string, init?: RegistryRequest): Promise<Response>;
};

export type RegistryRequest = {
  method?: "GET" | "HEAD" | "POST" | "PUT";
  contentType?: string;
  /** A blob is read anew for each attempt. */
  body?: Blob;
  timeoutMs?: number;
};

const TIMEOUT_MS = 30_000;
const USER = "homeport";
const MAX_ANSWER_CHARS = 500;

const Token = z.object({ token: z.string().max(10_000).optional(), access_token: z.string().max(10_000).optional() });

/**
 * Opens a repository. Who we are is proved the way the registry asks for (WWW-Authenticate), and only to itself: neither
 * a token service nor an upload on another host gets to see the password or a token.
 */
export const openRegistry = ({ registry, repository, password }: RegistryAccess, signal: AbortSignal): Registry => {
  const origin = `${isLoopback(registry) ? "http" : "https"}://${registry}`;
  const basic = `Basic ${Buffer.from(`${USER}:${password.reveal()}`).toString("base64")}`;
  let authorization: string | null = null;

  const send = async (
    url: string,
    { method = "GET", contentType, body, timeoutMs = TIMEOUT_MS }: RegistryRequest,
  ): Promise<Response> => {
    const headers = new Headers(authorization === null ? {} : { authorization });
    if (contentType !== undefined) headers.set("content-type", contentType);
    return request(url, { method, headers, body: body ?? null }, timeoutMs, signal);
  };

  const authorize = async (response: Response): Promise<void> => {
    const challenge = parseChallenge(response.headers.get("www-authenticate") ?? "");
    if (challenge.scheme === "basic") authorization = basic;
    else if (challenge.scheme === "bearer") authorization = `Bearer ${await fetchToken(challenge.values)}`;
    else throw new BuildFailure("push_failed", "The registry asks for a kind of sign-in that Homeport does not know.");
  };

  const fetchToken = async ({ realm = "", service, scope }: Record<string, string>): Promise<string> => {
    const url = sameOrigin(realm, origin, "The registry's sign-in");
    if (service !== undefined) url.searchParams.set("service", service);
    url.searchParams.set("scope", scope ?? `repository:${repository}:pull,push`);
    const response = await request(url.href, { headers: { authorization: basic } }, TIMEOUT_MS, signal);
    if (!response.ok) throw await refusal("this build's token", response);
    const { token, access_token } = Token.parse(await response.json());
    return token ?? access_token ?? "";
  };

  return {
    async call(path, init = {}) {
      const url = sameOrigin(
        path.startsWith("/") || /^https?:/.test(path) ? path : `/v2/${repository}/${path}`,
        origin,
        "An upload",
      ).href;
      const first = await send(url, init);
      if (first.status !== 401) return first;
      await first.body?.cancel();
      await authorize(first); // none yet, or its token has run out
      return send(url, init);
    },
  };
};

/** The error for an answer that is none of the good ones. Reads the answer. */
export const refusal = async (what: string, response: Response): Promise<BuildFailure> => {
  const text = (await response.text()).slice(0, MAX_ANSWER_CHARS);
  return new BuildFailure(
    "push_failed",
    `The registry did not take ${what}: HTTP ${response.status} ${text}`.trimEnd(),
  );
};

const request = async (url: string, init: RequestInit, timeoutMs: number, signal: AbortSignal): Promise<Response> => {
  try {
    // Bun's own limit of silence is off: large uploads are silent, and ours is the limit.
    const limits = { timeout: false, signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) };
    return await fetch(url, { ...init, ...limits, redirect: "manual" });
  } catch (err) {
    signal.throwIfAborted();
    throw new BuildFailure("push_failed", "The registry did not answer while the image was pushed.", { cause: err });
  }
};

const sameOrigin = (target: string, origin: string, what: string): URL => {
  const url = URL.canParse(target, origin) ? new URL(target, origin) : null;
  if (url?.origin === origin) return url;
  throw new BuildFailure(
    "push_failed",
    `${what} leads to another host than the registry's own, so it is not followed.`,
  );
};

const isLoopback = (registry: string): boolean =>
  /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(registry) || /\.localhost(:\d+)?$/.test(registry);

/** `Bearer realm="…",service="…"` (RFC 9110 section 11.6.1), as registries write it. */
const parseChallenge = (header: string): { scheme: string; values: Record<string, string> } => {
  const [scheme = ""] = header.split(" ", 1);
  const pairs = [...header.slice(scheme.length).matchAll(/([a-z_]+)="([^"]*)"/gi)];
  return {
    scheme: scheme.toLowerCase(),
    values: Object.fromEntries(pairs.map(([, name, value]) => [String(name), String(value)])),
  };
};
