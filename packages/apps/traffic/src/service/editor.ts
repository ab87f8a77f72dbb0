import { type CallContext, memberOf } from "@homeport/kit/http/context.ts";
import type { Editor } from "./policies.ts";

/** Who makes a request, as policies and events remember them. */
export const editorOf = (context: Pick<CallContext, "principal" | "clientAddress">): Editor => {
  const { personId, name, organisationId } = memberOf(context);
  // A call that did not pass the gateway has no address.
  const address = context.clientAddress === "local" ? null : context.clientAddress;
  return { author: { personId, name }, organisationId, address };
};
