import type { Handlers } from "@homeport/kit/http/api.ts";
import type { contract } from "../contract.ts";
import { toUse } from "../secret-use.ts";
import { callerOf } from "../service/caller.ts";
import { serviceOf } from "../service/loaders.ts";
import type { UseCases } from "../service/use-cases.ts";

export const secretAttachmentHandlers = ({
  secretAttachments,
  secretGroups,
}: UseCases): Handlers<typeof contract.secretAttachments> => ({
  list: async (context) => {
    const attached = await secretAttachments.list(serviceOf(context));
    return {
      items: attached.map(({ slug: group, use, names, version, liveVersion }) => ({
        group,
        use,
        names: [...names],
        version,
        liveVersion,
      })),
    };
  },
  attach: async (context, { group: reference, use }) => {
    const service = serviceOf(context);
    const group = await secretGroups.getForAttaching(service, reference, context.may);
    await secretAttachments.attach(service, group, toUse(group.slug, use), callerOf(context));
    return { attached: true };
  },
  detach: async (context, { group: reference }) => {
    const service = serviceOf(context);
    const group = await secretGroups.getFor(service, reference, context.may);
    return { detached: await secretAttachments.detach(service, group, callerOf(context)) };
  },
});
