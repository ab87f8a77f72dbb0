import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { type Page, type PageView, seeOther } from "@homeport/kit/page.ts";
import { z } from "zod";
import { toClient } from "../client.ts";
import { SecondFactorCode } from "../contract/sign-in.ts";
import { pendingOf } from "../cookie.ts";
import { safeNext } from "../next-path.ts";
import { refusedSignIn } from "../service/denied-sign-ins.ts";
import type { UseCases } from "../service/use-cases.ts";
import { CodePage } from "./code.page.tsx";
import { goOn } from "./go-on.tsx";
import { paths } from "./paths.ts";
import { signInPaths } from "./sign-in-paths.ts";

const CodeForm = z.object({ code: SecondFactorCode });

/** The second factor, after the first. */
export const codePages = (useCases: UseCases): Page[] => {
  const { signIn } = useCases;
  const view = (next: string, errors?: FormErrors): PageView => ({
    title: "Second factor",
    layout: "bare",
    body: <CodePage next={next} errors={errors} />,
    status: errors === undefined ? 200 : 422,
  });
  const backToStart = (next: string) => seeOther(`${paths.signIn}?next=${encodeURIComponent(next)}`);
  return [
    {
      path: signInPaths.code,
      action: "session:create",
      resource: "public",
      render: async ({ url, headers, origin }) => {
        const next = safeNext(url.searchParams.get("next") ?? undefined);
        const pending = pendingOf(headers, origin);
        return pending !== null && (await signIn.isHeld(pending)) ? view(next) : backToStart(next);
      },
    },
    {
      method: "POST",
      path: signInPaths.code,
      action: "session:create",
      resource: "public",
      render: async (context) => {
        const values = await context.form();
        const next = safeNext(values.next);
        const pending = pendingOf(context.headers, context.origin);
        if (pending === null) return backToStart(next);
        return withFormErrors<Response | PageView>(
          async () => {
            const { code } = parseForm(CodeForm, { code: "", ...values });
            const outcome = await signIn.resume(pending, code, toClient(context));
            if (outcome === null) return backToStart(next);
            if (outcome.kind === "refused") throw refusedSignIn();
            return goOn(useCases, context, outcome, next);
          },
          (errors, err) => {
            if (err.code !== "rate_limited") return view(next, errors);
            const headers = { "retry-after": String(err.retryAfterSeconds ?? 1) };
            return { ...view(next, errors), status: err.status, headers };
          },
        );
      },
    },
  ];
};
