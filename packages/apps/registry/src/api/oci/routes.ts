import { DomainError } from "@homeport/kit/errors.ts";
import type { ResolveCredential } from "@homeport/kit/http/authenticate.ts";
import type { RawContext, RawRoute } from "@homeport/kit/http/routes.ts";
import { OciError } from "../../errors.ts";
import type { Repository } from "../../repository.ts";
import { type Admission, unknownName } from "../../service/admit-registry.ts";
import type { RegistryTokens } from "../../service/tokens.ts";
import { errorResponse, VERSION_HEADER } from "./error-response.ts";
import type { OciServices } from "./operation.ts";
import { parseOciPath } from "./paths.ts";
import { answerToken } from "./token.ts";

/** HEAD comes in through GET: Hono answers it with the headers of its handler, which sees the real method. */
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/**
 * Everything below /v2. Public to the kit: the token in these requests is the registry's own, and `services.admit`
 * decides (service/admit-registry.ts).
 */
export const ociRoutes = (options: {
  services: OciServices;
  tokens: RegistryTokens;
  identityKey: Buffer;
  resolve: ResolveCredential;
  head: () => number;
}): RawRoute[] => {
  const { services, tokens, identityKey, resolve, head } = options;
  const common = { action: "oci:request", resource: "public", onError: errorResponse };
  const ping = async ({ headers }: RawContext) => {
    await services.admit.caller(headers.get("authorization"));
    return Response.json({}, { headers: VERSION_HEADER });
  };
  return [
    { ...common, method: "GET", path: "/v2/token", handle: answerToken(tokens, identityKey, resolve, head) },
    { ...common, method: "GET", path: "/v2", handle: ping },
    { ...common, method: "GET", path: "/v2/", handle: ping },
    ...METHODS.map(
      (method): RawRoute => ({
        ...common,
        method,
        path: "/v2/:rest{.+}",
        handle: (context) => answer(services, context),
      }),
    ),
  ];
};

const answer = async (services: OciServices, { request, url, headers }: RawContext): Promise<Response> => {
  const authorization = headers.get("authorization");
  const path = parseOciPath(request.method, url.pathname);
  if (path === null || path.operation === null) {
    await services.admit.caller(authorization); // strangers do not learn what there is
    if (path === null) throw new DomainError("not_found", "The registry has nothing at this address.");
    throw new OciError("UNSUPPORTED", "The method is not supported here.");
  }
  const { name, target, operation } = path;
  const admission = await services.admit.request(authorization, name, operation.action);
  const repository = operation.creates ? await services.repositories.ensure(admission) : existing(admission);
  const call = { request, query: url.searchParams, caller: admission.caller, repository, target };
  const response = await operation.run(services, call);
  for (const [header, value] of Object.entries(VERSION_HEADER)) response.headers.set(header, value);
  return response;
};

const existing = ({ repository }: Admission): Repository => {
  if (repository === null) throw unknownName();
  return repository;
};
