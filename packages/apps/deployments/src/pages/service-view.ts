import type { RawContext } from "@homeport/kit/http/routes.ts";
import type { Parts } from "../api/handlers.ts";
import { serviceUrl } from "../api/wire.ts";
import { serviceOf } from "../service/loaders.ts";
import { listLatest } from "../store/deployments.ts";
import type { ServiceView } from "./service-frame.tsx";

/** What the frame around a service's pages shows. */
export const loadServiceView = async ({ sql, config }: Parts, context: RawContext): Promise<ServiceView> => {
  const service = serviceOf(context);
  const [latest] = await listLatest(sql, [service.workloadId]);
  return { service, latest: latest ?? null, url: serviceUrl(service, config) };
};
