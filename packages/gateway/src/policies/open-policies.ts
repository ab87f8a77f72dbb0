import type { HostPolicy } from "@homeport/kit/registry/policy.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import { ValkeyCounters } from "../adapters/valkey-counters.ts";
import type { Target } from "../target.ts";
import { BasicAuthCheck } from "./basic-auth.ts";
import { compilePolicy } from "./compile-policy.ts";
import { openSignIn } from "./open-sign-in.ts";
import type { Policy } from "./policy-request.ts";
import type { PublicAddress } from "./public-origin.ts";
import { RateLimits } from "./rate-limits.ts";

export type PoliciesOptions = {
  valkeyUrl: string;
  appSecret: Secret | null;
  address: PublicAddress;
  authTargets: () => readonly Target[];
};

/** What policies need, made once for the process. */
export function openPolicies({ valkeyUrl, appSecret, address, authTargets }: PoliciesOptions) {
  const counters = new ValkeyCounters(valkeyUrl);
  const rateLimits = new RateLimits(counters);
  const basicAuth = new BasicAuthCheck(rateLimits);
  const signIn = openSignIn(appSecret, address, authTargets);
  return {
    compile: ({ host, policy }: HostPolicy): Policy =>
      compilePolicy(host, policy, { rateLimits, basicAuth, signIn, tlsPort: address.ports().https }),
    close(): void {
      rateLimits.close();
      counters.close();
    },
  };
}
