/** Why the gateway answers by itself instead of passing a request on. */
export type Failure =
  | { kind: "malformed"; detail: string }
  | { kind: "head_too_large" }
  | { kind: "body_too_large"; limitBytes: number }
  | { kind: "unsupported_version" }
  | { kind: "unsupported_coding" }
  | { kind: "client_slow" }
  | { kind: "unknown_path" }
  | { kind: "unknown_host"; host: string; isUnderBaseDomain: boolean }
  /** The table was never read: whether the route exists is not known. */
  | { kind: "starting" }
  /** The route is known and nobody serves it now. */
  | { kind: "no_upstream" }
  | { kind: "upstream_dead" }
  | { kind: "upstream_slow" }
  /** All connections to it are busy, and too many requests wait for one already. */
  | { kind: "overloaded" }
  | { kind: "forbidden" }
  | { kind: "unauthenticated" }
  | { kind: "rate_limited"; retryAfterSeconds: number }
  /** `message` is the operator's own sentence. */
  | { kind: "maintenance"; message: string | null; retryAfterSeconds: number }
  /** More passwords wait to be checked than there is time for. */
  | { kind: "busy" }
  | { kind: "sign_in_away" }
  | { kind: "sign_in_needed" }
  | { kind: "sign_in_refused" }
  /** `path`: what was wanted before signing in. */
  | { kind: "sign_in_unfinished"; path: string }
  | { kind: "foreign_origin" };

export type FailureText = {
  status: number;
  /** Machine-readable, stable: the `code` of the problem document. */
  code: string;
  title: string;
  detail: string;
  retryAfterSeconds?: number;
  /** What a person can do about it; `href` is a path. */
  link?: { href: string; text: string };
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
        detail: "Its headers are larger than 32 KiB, or more than 200.",
      };
    case "body_too_large":
      return {
        status: 413,
        code: "too_large",
        title: "This request is too large",
        detail: `Its body is larger than the ${failure.limitBytes} bytes that are allowed here.`,
      };
    case "unsupported_version":
      return {
        status: 505,
        code: "unsupported_version",
        title: "This version of HTTP isn't spoken here",
        detail: "Use HTTP/1.1.",
      };
    case "unsupported_coding":
      return {
        status: 501,
        code: "unsupported_coding",
        title: "This request can't be understood",
        detail: "The only transfer coding that is understood is chunked.",
      };
    case "overloaded":
      return unavailable("It has more requests than it can take. Try again in a moment.");
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
    case "forbidden":
      return {
        status: 403,
        code: "forbidden",
        title: "You can't go there from here",
        detail: "Only certain addresses may use this service, and yours is none of them.",
      };
    case "unauthenticated":
      return {
        status: 401,
        code: "unauthenticated",
        title: "This service asks for a password",
        detail: "The name and password are missing or wrong.",
      };
    case "rate_limited":
      return {
        status: 429,
        code: "rate_limited",
        title: "Too many requests",
        detail: `More requests came from you than are allowed. The next one may be made in ${secondsText(failure.retryAfterSeconds)}.`,
        retryAfterSeconds: failure.retryAfterSeconds,
      };
    case "maintenance":
      return {
        status: 503,
        code: "maintenance",
        title: "Back soon",
        detail: failure.message ?? "This service is being worked on.",
        retryAfterSeconds: failure.retryAfterSeconds,
      };
    case "busy":
      return unavailable("Too many passwords are being checked at the moment.");
    case "sign_in_away":
      return unavailable("It asks for a sign-in, and signing in isn't possible at the moment.");
    case "sign_in_needed":
      return {
        status: 401,
        code: "unauthenticated",
        title: "Sign-in needed",
        detail: "Open this address in a browser to sign in, or send an API token.",
      };
    case "sign_in_refused":
      return {
        status: 403,
        code: "forbidden",
        title: "You may not enter here",
        detail: "This service is for members of another organisation, or the API token is for something else.",
      };
    case "sign_in_unfinished":
      return {
        status: 403,
        code: "forbidden",
        title: "The sign-in was not finished",
        detail: "It took too long, was used already, or this browser does not keep cookies.",
        link: { href: failure.path, text: "Try again" },
      };
    case "foreign_origin":
      return {
        status: 403,
        code: "forbidden",
        title: "This request came from another site",
        detail: "Another site made your browser send it, so it was refused.",
      };
  }
}

function unavailable(detail: string): FailureText {
  const title = "The service isn't available right now";
  return { status: 503, code: "unavailable", title, detail, retryAfterSeconds: RETRY_AFTER_SECONDS };
}

const secondsText = (seconds: number): string => (seconds === 1 ? "1 second" : `${seconds} seconds`);

function unknownHostDetail({ host, isUnderBaseDomain }: { host: string; isUnderBaseDomain: boolean }): string {
  return isUnderBaseDomain
    ? `No service is deployed at ${host}. It may have been removed, or the address has a typing error.`
    : `${host} leads to this server, but no service uses it. Add it to a service's domains to connect it.`;
}
