import { withoutCookies } from "@homeport/gateway/plane/cookies.ts";
import type { PolicyOutcome, PolicyRequest, SignInGate } from "@homeport/gateway/policies/policy-request.ts";
import type { Server } from "bun";
import { seenResponse } from "./gated-upstream.ts";

export type GatePlane = {
  port: number;
  /** The organisation whose members may enter; null lets everybody in who is signed in. */
  organisationId: string | null;
  stop(): Promise<void>;
};

/**
 * In place of the gateway's data plane, for gates whose clock is ours: one listener with a gate for every host, and behind it
 * an upstream that answers with what it saw. It does with a gate's outcome what the plane promises to do.
 */
export function openGatePlane(gate: SignInGate): GatePlane {
  const listener = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request, server) {
      const organisationId = plane.organisationId ?? undefined;
      let outcome = gate.check("*.localhost", { organisationId }, policyRequest(request, server));
      while (outcome.kind === "wait") outcome = await outcome.outcome;
      if (outcome.kind === "pass") return answer(request, server, outcome);
      const { status, headers, body } = outcome.reply;
      return new Response(body, { status, headers });
    },
    websocket: {
      open: (socket) => void socket.send("welcome"),
      message: () => undefined,
    },
  });
  const plane: GatePlane = {
    port: listener.port ?? 0,
    organisationId: null,
    stop: () => listener.stop(true),
  };
  return plane;
}

const isWebSocket = (request: Request): boolean => request.headers.get("upgrade") === "websocket";

function policyRequest(request: Request, server: Server<undefined>): PolicyRequest {
  const authority = request.headers.get("host") ?? "";
  return {
    requestId: Bun.randomUUIDv7(),
    method: request.method,
    target: request.url.slice(new URL(request.url).origin.length),
    hostName: authority.replace(/:\d+$/, "").toLowerCase(),
    authority,
    scheme: "http",
    clientAddress: server.requestIP(request)?.address ?? "",
    isWebSocket: isWebSocket(request),
    header: (name) => request.headers.get(name),
  };
}

function answer(
  request: Request,
  server: Server<undefined>,
  pass: Extract<PolicyOutcome, { kind: "pass" }>,
): Response | undefined {
  const headers = new Headers(request.headers);
  for (const name of [...headers.keys()]) if (name.startsWith("x-homeport-")) headers.delete(name);
  const cookies = withoutCookies(headers.get("cookie") ?? "", pass.dropCookies ?? []);
  if (cookies === "") headers.delete("cookie");
  else headers.set("cookie", cookies);
  if (pass.dropAuthorization === true) headers.delete("authorization");
  for (const [name, value] of pass.requestHeaders ?? []) headers.set(name, value);
  if (isWebSocket(request)) {
    server.upgrade(request);
    return undefined;
  }
  return seenResponse(request.method, request.url, headers);
}
