import type { Maintenance } from "@homeport/kit/registry/policy.ts";
import { AddressRanges } from "./cidr.ts";
import { PASS, type PolicyOutcome, type PolicyRequest } from "./policy-request.ts";
import { refuse } from "./refuse.ts";

/** 503 with Retry-After for everybody but `except`: search engines keep the pages they know (RFC 9110 section 15.6.4). */
export function maintenanceCheck({ message, retryAfterSeconds, except }: Maintenance) {
  const exempt = AddressRanges.parse(except);
  return (request: PolicyRequest): PolicyOutcome =>
    exempt.includes(request.clientAddress)
      ? PASS
      : refuse({ kind: "maintenance", message: message ?? null, retryAfterSeconds }, request);
}
