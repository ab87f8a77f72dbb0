import { DomainError } from "@homeport/kit/errors.ts";
import { readBounded } from "@homeport/kit/http/request.ts";
import type { RawContext, RawRoute } from "@homeport/kit/http/routes.ts";
import type { DeliveryLimits } from "../delivery-limits.ts";
import type { Deliveries } from "../service/receive-delivery.ts";

/** More than a push of 2048 commits with ordinary messages; GitHub itself sends at most 25 MB. */
const MAX_BYTES = 5 * 1024 * 1024;

/**
 * `POST /hooks/:hook`: where repositories' servers send what happened. Public to the kit: each delivery is proved by the
 * secret of its hook. A hook that is not there and a wrong signature get one and the same answer.
 */
export const hookDeliveryRoute = (deliveries: Deliveries, limits: DeliveryLimits): RawRoute => ({
  method: "POST",
  path: "/api/v1/deployments/hooks/:hook",
  action: "hook:deliver",
  resource: "public",
  async handle({ request, headers, params, clientAddress: address, requestId }: RawContext): Promise<Response> {
    await limits.admit(address);
    const body = (await readBounded(request, MAX_BYTES)) ?? new Uint8Array();
    const proven = await deliveries.verify(params.hook ?? "", { headers, body });
    if (proven === null) {
      await limits.refused(address);
      throw new DomainError("not_found", "There is nothing at this address.");
    }
    return Response.json(await deliveries.receive(proven, { address, requestId }), {
      headers: { "cache-control": "no-store" },
    });
  },
});
