import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { sessionOf } from "@homeport/kit/http/authenticate.ts";
import { type Page, type PageView, seeOther } from "@homeport/kit/page.ts";
import { z } from "zod";
import { toClient } from "../client.ts";
import { Email } from "../contract.ts";
import { endedCookie, sessionCookie } from "../cookie.ts";
import { isGate, safeNext } from "../next-path.ts";
import type { UseCases } from "../service/use-cases.ts";
import { GoingOnPage } from "./gate.page.tsx";
import { paths } from "./paths.ts";
import { SignInPage } from "./sign-in.page.tsx";

const SignInForm = z.object({ email: Email, password: z.string().min(1, "type your password").max(200) });

/** Signing in, with the way back to what was wanted, and out. */
export const signInPages = ({ setup, sessions }: UseCases): Page[] => {
  const view = (values: Record<string, string>, errors?: FormErrors): PageView => ({
    title: "Sign in",
    layout: "bare",
    body: <SignInPage values={values} errors={errors} />,
    status: errors === undefined ? 200 : 422,
  });
  return [
    {
      path: paths.signIn,
      action: "session:create",
      resource: "public",
      render: async ({ url }) =>
        (await setup.isNeeded()) ? seeOther(paths.setup) : view({ next: url.searchParams.get("next") ?? "" }),
    },
    {
      method: "POST",
      path: paths.signIn,
      action: "session:create",
      resource: "public",
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<Response | PageView>(
          async () => {
            const { email, password } = parseForm(SignInForm, values);
            const { token } = await sessions.signIn(email, password, toClient(context));
            const next = safeNext(values.next);
            const cookie = { "set-cookie": sessionCookie(token, context.origin) };
            return isGate(next) ? goingOn(next, cookie) : seeOther(next, cookie);
          },
          (errors, err) => {
            if (err.code !== "rate_limited") return view(values, errors);
            const headers = { "retry-after": String(err.retryAfterSeconds ?? 1) };
            return { ...view(values, errors), status: err.status, headers };
          },
        );
      },
    },
    {
      method: "POST",
      path: paths.signOut,
      action: "session:end",
      resource: "public",
      render: async (context) => {
        const token = sessionOf(context.headers);
        if (token !== null) await sessions.end(token);
        return seeOther(paths.signIn, { "set-cookie": endedCookie(context.origin) });
      },
    },
  ];
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
