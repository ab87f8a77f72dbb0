/** Why the gateway answers by itself instead of passing a request on. */
export type Failure =
  | { kind: "malformed"; detail: string }
  | { kind: "head_too_large" }
  | { kind: "client_slow" }
  | { kind: "unknown_path" }
  | { kind: "unknown_host"; host: string; isUnderBaseDomain: boolean }
  /** The table was never read: whether the route exists is not known. */
  | { kind: "starting" }
  /** The route is known and nobody serves it now. */
  | { kind: "no_upstream" }
  | { kind: "upstream_dead" }
  | { kind: "upstream_slow" };

export type FailureText = {
  status: number;
  /** Machine-readable, stable: the `code` of the problem document. */
  code: string;
  title: string;
  detail: string;
  retryAfterSeconds?: number;
};

/** Apps restart in a second or two; a rollout's first replica takes longer, and the page asks again by itself. */
const RETRY_AFTER_SECONDS = 2;

export function describeFailure(failure: Failure): FailureText {
  switch (failure.kind) {
    case "malformed":
      return { status: 400, code: "invalid", title: "This request can't be understood", detail: failure.detail };
    case "head_too_large":
      return {
        status: 431,
        code: "too_large",
        title: "This request is too large",
        detail: "Its headers are larger than 32 KiB.",
      };
    case "client_slow":
      return {
        status: 408,
        code: "timeout",
        title: "This request took too long",
        detail: "It did not arrive in time.",
      };
    case "unknown_path":
      return {
        status: 404,
        code: "not_found",
        title: "There is nothing here",
        detail: "No app answers at this address.",
      };
    case "unknown_host":
      return {
        status: 404,
        code: "unknown_host",
        title: "Nothing is deployed here",
        detail: unknownHostDetail(failure),
      };
    case "starting":
      return unavailable("The gateway is starting and doesn't know its routes yet.");
    case "no_upstream":
      return unavailable("It is starting, restarting or stopped. Nothing answers for it at the moment.");
    case "upstream_dead":
      return {
        status: 502,
        code: "bad_gateway",
        title: "The service did not answer properly",
        detail: "The connection to it failed or broke off before it answered.",
      };
    case "upstream_slow":
      return {
        status: 504,
        code: "gateway_timeout",
        title: "The service took too long",
        detail: "It accepted the request and did not answer in time.",
      };
  }
}

function unavailable(detail: string): FailureText {
  const title = "The service isn't available right now";
  return { status: 503, code: "unavailable", title, detail, retryAfterSeconds: RETRY_AFTER_SECONDS };
}

function unknownHostDetail({ host, isUnderBaseDomain }: { host: string; isUnderBaseDomain: boolean }): string {
  return isUnderBaseDomain
    ? `No service is deployed at ${host}. It may have been removed, or the address has a typing error.`
    : `${host} leads to this server, but no service uses it. Add it to a service's domains to connect it.`;
}
