import { DomainError } from "@homeport/kit/errors.ts";
import type { Handlers } from "@homeport/kit/http/api.ts";
import { type CallContext, memberOf } from "@homeport/kit/http/context.ts";
import { actorOf } from "../actor.ts";
import type { contract } from "../contract.ts";
import type { UrlConfig } from "../host.ts";
import { hookOf } from "../service/hook-loader.ts";
import type { HookOverview, HookWithSecret } from "../service/hooks.ts";
import { projectOf } from "../service/loaders.ts";
import type { UseCases } from "../service/use-cases.ts";

export const hookHandlers = ({ hooks, sourceReads, urls }: UseCases): Handlers<typeof contract.hooks> => {
  const withSecret = (made: HookWithSecret) => ({ ...hookToWire(made, urls), secret: made.secret.reveal() });
  return {
    list: async (context) => ({
      items: (await hooks.list(projectOf(context))).map((each) => hookToWire(each, urls)),
    }),
    create: async (context, { provider, url }) => {
      const project = projectOf(context);
      // Pushes deploy to every environment, so what protects one of them protects this.
      refuseProtected(context, await sourceReads.placeOf(project));
      return withSecret(await hooks.create(project, { provider, url }, actorOf(memberOf(context))));
    },
    rotate: async (context) => withSecret(await hooks.rotate(hookOf(context), actorOf(memberOf(context)))),
    remove: async (context) => ({ removed: await hooks.remove(hookOf(context), actorOf(memberOf(context))) }),
    deliveries: async (context, page) => {
      const { items, nextCursor } = await hooks.deliveries(hookOf(context), page);
      return { items: items.map((each) => ({ ...each, receivedAt: each.receivedAt.toISOString() })), nextCursor };
    },
  };
};

const refuseProtected = ({ may }: Pick<CallContext, "may">, place: Parameters<CallContext["may"]>[1]): void => {
  if (may("hook:write", place)) return;
  throw new DomainError(
    "forbidden",
    "An environment of this project is protected, and pushes deploy to it: your role does not allow hook:write there.",
  );
};

const hookToWire = ({ hook, services }: HookOverview, { appUrl }: UrlConfig) => ({
  id: hook.id,
  provider: hook.provider,
  url: hook.url,
  address: new URL(`/api/v1/deployments/hooks/${hook.id}`, appUrl).href,
  services,
  createdBy: hook.createdBy.name,
  createdAt: hook.createdAt.toISOString(),
  rotatedAt: hook.rotatedAt?.toISOString() ?? null,
  formerSecretUntil: hook.formerUntil?.toISOString() ?? null,
  lastDeliveryAt: hook.lastDeliveryAt?.toISOString() ?? null,
});
