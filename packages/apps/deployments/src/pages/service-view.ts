import type { RawContext } from "@homeport/kit/http/routes.ts";
import { urlOf } from "../host.ts";
import { serviceOf, serviceResource } from "../service/loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { reasonAgainst } from "./reason-against.ts";
import type { ServiceView } from "./service-frame.tsx";

/** What the frame around a service's pages shows. */
export const loadServiceView = async ({ reads, urls }: UseCases, context: RawContext): Promise<ServiceView> => {
  const service = serviceOf(context);
  return {
    ...(await reads.overviewOf(service)),
    url: service.template === null ? urlOf(service, urls) : null,
    reasonAgainst: (action) => reasonAgainst(context, action, serviceResource(service)),
  };
};
