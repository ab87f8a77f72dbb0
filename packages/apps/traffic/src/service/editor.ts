import { type CallContext, memberOf } from "@homeport/kit/http/context.ts";
import { actorOf } from "@homeport/kit/principal.ts";
import type { Editor } from "./policies.ts";

/** Who makes a request, as policies and events remember them. */
export const editorOf = (context: Pick<CallContext, "principal" | "clientAddress">): Editor => ({
  author: actorOf(memberOf(context)),
  // A call that did not pass the gateway has no address.
  address: context.clientAddress === "local" ? null : context.clientAddress,
});
