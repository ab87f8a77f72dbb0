import { z } from "zod";
import { clientOf } from "./client.ts";
import { route } from "./contract.ts";
import type { ResolveCredential } from "./http/authenticate.ts";
import { MemberPrincipal } from "./principal.ts";

/** The one question that every app asks the auth app: whose credential is this? The auth app's contract includes it. */
export const credentialContract = {
  resolve: route({
    method: "POST",
    path: "/credentials/resolve",
    action: "credential:resolve",
    resource: "platform",
    summary: "Say whose session or API token this is",
    input: z.object({ kind: z.enum(["session", "token"]), value: z.string().min(1).max(4096) }),
    output: z.object({ principal: MemberPrincipal.nullable() }),
  }),
};

/** Resolves credentials by asking the auth app through the gateway. */
export const remoteResolver = (gatewayUrl: string, token: () => Promise<string>): ResolveCredential => {
  const auth = clientOf({ credentials: credentialContract }, "auth", { url: gatewayUrl, token, timeoutMs: 5_000 });
  return async ({ kind, value }) => (await auth.credentials.resolve({ kind, value: value.reveal() })).principal;
};
