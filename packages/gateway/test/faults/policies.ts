import { CHANGED_CHANNEL, POLICIES_KEY, POLICIES_META_FIELD } from "@homeport/kit/registry/keys.ts";
import type { HostPolicy, RoutePolicy } from "@homeport/kit/registry/policy.ts";
import type { Redis } from "ioredis";

export const hostPolicy = (host: string, policy: RoutePolicy): HostPolicy => ({ schema: 1, host, policy });

/** What the traffic app does with a new revision. */
export async function writePolicies(redis: Redis, revision: number, policies: readonly HostPolicy[]): Promise<void> {
  const transaction = redis.multi().del(POLICIES_KEY);
  transaction.hset(POLICIES_KEY, POLICIES_META_FIELD, JSON.stringify({ revision, count: policies.length }));
  for (const policy of policies) transaction.hset(POLICIES_KEY, policy.host, JSON.stringify(policy));
  await transaction.exec();
  await redis.publish(CHANGED_CHANNEL, JSON.stringify({ kind: "policies", revision }));
}
