import type { EventHandler } from "@homeport/kit/app.ts";
import { isId } from "@homeport/kit/ids.ts";
import type { Jobs } from "@homeport/kit/jobs/jobs.ts";
import { DENIED } from "./denied-sign-ins.ts";
import { TELL_DENIED } from "./denied-webhook.ts";

/** Has the webhook told of each refused sign-in. */
export const deniedConsumer = (jobs: Jobs): EventHandler => ({
  name: "denied-sign-ins",
  types: [DENIED],
  handle: async ({ subject }, tx) => {
    if (subject !== null && isId(subject)) await jobs.enqueue(tx, TELL_DENIED, { deniedId: subject });
  },
});
