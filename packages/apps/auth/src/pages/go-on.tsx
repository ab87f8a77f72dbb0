import { type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { pendingCookie, sessionCookie } from "../cookie.ts";
import { isGate, safeNext } from "../next-path.ts";
import type { Outcome } from "../service/sign-in.ts";
import type { UseCases } from "../service/use-cases.ts";
import { GoingOnPage } from "./gate.page.tsx";
import { paths } from "./paths.ts";
import { signInPaths } from "./sign-in-paths.ts";

/** What follows a sign-in that was not refused: the second factor, setting one up, or what was wanted. */
export const goOn = async (
  { signIn, wantsSecondFactor }: Pick<UseCases, "signIn" | "wantsSecondFactor">,
  { origin }: PageContext,
  outcome: Exclude<Outcome, { kind: "refused" }>,
  wanted: string | undefined,
): Promise<Response | PageView> => {
  const next = safeNext(wanted);
  if (outcome.kind === "code") {
    const pending = await signIn.hold(outcome.held);
    return seeOther(signInPaths.codeFor(next), { "set-cookie": pendingCookie(pending, origin) });
  }
  const cookie = { "set-cookie": sessionCookie(outcome.token, origin) };
  if (wantsSecondFactor() && !outcome.hasSecondFactor) {
    return seeOther(`${paths.security}?next=${encodeURIComponent(next)}`, cookie);
  }
  return isGate(next) ? goingOn(next, cookie) : seeOther(next, cookie);
};

/**
 * A gate leads to another host, where no redirect may take what a form sent: browsers hold redirects, too, against the
 * page's `form-action`. So the form ends here, and the browser goes on as if a link was followed.
 */
const goingOn = (next: string, cookie: Record<string, string>): PageView => ({
  title: "You are signed in",
  layout: "bare",
  headers: { ...cookie, refresh: `0; url=${next}` },
  body: <GoingOnPage next={next} />,
});
