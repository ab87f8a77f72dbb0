import { AsyncLocalStorage } from "node:async_hooks";
import type { CallContext } from "../http/context.ts";
import type { Principal } from "../principal.ts";

/** The request that is being answered, for what is written because of it. */
export type Call = { principal: Principal; address: string; requestId: string; userAgent?: string };

/** Headers are as long as their sender likes. */
const MAX_USER_AGENT = 300;

const calls = new AsyncLocalStorage<Call>();

/** Runs `work` so that `currentCall` gives `call` in it and in everything it waits for. */
export const runInCall = <T>(call: Call, work: () => T): T => calls.run(call, work);

/** Null outside of requests: in consumers of events, in jobs and in loops. */
export const currentCall = (): Call | null => calls.getStore() ?? null;

export const callOf = (context: Pick<CallContext, "principal" | "clientAddress" | "requestId" | "headers">): Call => {
  const userAgent = context.headers.get("user-agent")?.slice(0, MAX_USER_AGENT);
  return {
    principal: context.principal,
    address: context.clientAddress,
    requestId: context.requestId,
    ...(userAgent === undefined ? {} : { userAgent }),
  };
};
