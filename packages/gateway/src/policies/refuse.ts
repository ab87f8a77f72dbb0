import { type Reply, renderFailure } from "../error-pages.ts";
import type { Failure } from "../failure.ts";
import type { PolicyOutcome, PolicyRequest } from "./policy-request.ts";

/** A page or problem document of ours instead of the upstream's answer; `headers` are added to it. */
export function refuse(failure: Failure, request: PolicyRequest, headers: Reply["headers"] = []): PolicyOutcome {
  const reply = renderFailure(failure, request.header("accept"), request.requestId);
  reply.headers.push(...headers);
  return { kind: "answer", reply };
}
