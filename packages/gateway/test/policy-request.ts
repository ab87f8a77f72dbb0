import type { PolicyOutcome, PolicyRequest } from "../src/policies/policy-request.ts";

export type RequestParts = Partial<Omit<PolicyRequest, "header">> & { headers?: Record<string, string> };

/** What a client that is no browser asks of `shop.example` over plain HTTP, unless told otherwise. */
export function requestOf({ headers = {}, ...parts }: RequestParts = {}): PolicyRequest {
  return {
    requestId: "0199f000-0001",
    method: "GET",
    target: "/",
    hostName: "shop.example",
    authority: "shop.example",
    scheme: "http",
    clientAddress: "192.0.2.1",
    isWebSocket: false,
    ...parts,
    header: (name) => headers[name] ?? null,
  };
}

/** What became of it once nothing is waited for. */
export async function settled(outcome: PolicyOutcome): Promise<Exclude<PolicyOutcome, { kind: "wait" }>> {
  let last = outcome;
  while (last.kind === "wait") last = await last.outcome;
  return last;
}

/** The status of an answer, or "pass". */
export async function verdictOf(outcome: PolicyOutcome): Promise<number | "pass"> {
  const last = await settled(outcome);
  return last.kind === "pass" ? "pass" : last.reply.status;
}

/** A header of an answer by its lower-case name. */
export function headerOf(outcome: PolicyOutcome, name: string): string | null {
  const headers =
    outcome.kind === "answer" ? outcome.reply.headers : outcome.kind === "pass" ? outcome.responseHeaders : [];
  return headers?.find(([key]) => key.toLowerCase() === name)?.[1] ?? null;
}
