import { authenticateBearer, type ResolveCredential } from "@homeport/kit/http/authenticate.ts";
import type { RawContext } from "@homeport/kit/http/routes.ts";
import { ANONYMOUS, type Principal } from "@homeport/kit/principal.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { OciError } from "../../errors.ts";
import { type RegistryTokens, TOKEN_SECONDS } from "../../service/tokens.ts";
import { VERSION_HEADER } from "./error-response.ts";

/** Largest Basic credentials that are looked at: a user name and a signed identity. */
const MAX_BASIC = 8192;

/**
 * GET /v2/token: an API token or a signed identity, as the password of HTTP Basic, for a token of the registry that says
 * what its bearer may do where. Any user name will do. Nobody gets one without a credential. `head` is the number of the
 * newest event that is known.
 */
export const answerToken =
  (tokens: RegistryTokens, identityKey: Buffer, resolve: ResolveCredential, head: () => number) =>
  async ({ headers, url }: RawContext): Promise<Response> => {
    const seq = head(); // before the answer, which may be from before a change that comes meanwhile
    const password = passwordOf(headers.get("authorization") ?? "");
    const principal: Principal =
      password === null ? ANONYMOUS : await authenticateBearer(password, identityKey, resolve);
    if (principal.kind === "anonymous") {
      throw new OciError("UNAUTHORIZED", "Log in with an API token as the password.", {
        headers: { "www-authenticate": 'Basic realm="homeport"' },
      });
    }
    const token = await tokens.issue(principal, url.searchParams.getAll("scope"), seq);
    const body = { token, access_token: token, expires_in: TOKEN_SECONDS, issued_at: new Date().toISOString() };
    return Response.json(body, { headers: { "cache-control": "no-store", ...VERSION_HEADER } });
  };

const passwordOf = (authorization: string): Secret | null => {
  const encoded = /^Basic +([A-Za-z0-9+/=_-]+)$/i.exec(authorization)?.[1];
  if (encoded === undefined || encoded.length > MAX_BASIC) return null;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 || colon === text.length - 1 ? null : new Secret(text.slice(colon + 1));
};
