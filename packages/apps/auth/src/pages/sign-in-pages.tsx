import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { sessionOf } from "@homeport/kit/http/authenticate.ts";
import { type Page, type PageView, seeOther } from "@homeport/kit/page.ts";
import { z } from "zod";
import { toClient } from "../client.ts";
import { Email } from "../contract/nouns.ts";
import { endedCookie } from "../cookie.ts";
import { safeNext } from "../next-path.ts";
import { wrongSignIn } from "../service/sign-in.ts";
import type { UseCases } from "../service/use-cases.ts";
import { goOn } from "./go-on.tsx";
import { paths } from "./paths.ts";
import { SignInPage } from "./sign-in.page.tsx";

const SignInForm = z.object({ email: Email, password: z.string().min(1, "type your password").max(200) });

/** Signing in, with the way back to what was wanted, and out. */
export const signInPages = (useCases: UseCases): Page[] => {
  const { setup, sessions, signIn, password, link } = useCases;
  const view = (values: Record<string, string>, errors?: FormErrors, isAccountGone = false): PageView => ({
    title: "Sign in",
    layout: "bare",
    body: (
      <SignInPage
        values={values}
        errors={errors}
        hasPassword={password.isOn() || values.with === "password"}
        hasLink={link.isOn()}
        isAccountGone={isAccountGone}
      />
    ),
    status: errors === undefined ? 200 : 422,
  });
  return [
    {
      path: paths.signIn,
      action: "session:create",
      resource: "public",
      render: async ({ url }) => {
        if (await setup.isNeeded()) return seeOther(paths.setup);
        const { searchParams } = url;
        const values = { next: searchParams.get("next") ?? "", with: searchParams.get("with") ?? "" };
        return view(values, undefined, searchParams.get("account") === "gone");
      },
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
            const client = toClient(context);
            const proof = await password.complete(parseForm(SignInForm, values), client);
            const outcome = proof === null ? null : await signIn.enter(proof, client);
            if (outcome === null || outcome.kind === "refused") throw wrongSignIn();
            return goOn(useCases, context, outcome, values.next);
          },
          (errors, err) => {
            const again = view({ ...values, with: "password" }, errors);
            if (err.code !== "rate_limited") return again;
            return { ...again, status: err.status, headers: { "retry-after": String(err.retryAfterSeconds ?? 1) } };
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
        const next = context.url.searchParams.get("next");
        return seeOther(next === null ? paths.signIn : safeNext(next), { "set-cookie": endedCookie(context.origin) });
      },
    },
  ];
};
