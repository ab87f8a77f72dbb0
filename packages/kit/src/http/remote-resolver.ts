import { clientOf } from "../client.ts";
import { credentialContract } from "../credential-contract.ts";
import type { ResolveCredential } from "./authenticate.ts";

/** Resolves credentials by asking the auth app through the gateway. */
export const remoteResolver = (gatewayUrl: string, token: () => Promise<string>): ResolveCredential => {
  const auth = clientOf({ credentials: credentialContract }, "auth", { url: gatewayUrl, token, timeoutMs: 5_000 });
  return async ({ kind, value }) => (await auth.credentials.resolve({ kind, value: value.reveal() })).principal;
};
