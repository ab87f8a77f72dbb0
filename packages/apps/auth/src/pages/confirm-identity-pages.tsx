import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { personOf } from "@homeport/kit/http/context.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { z } from "zod";
import { SecondFactorCode } from "../contract/sign-in.ts";
import { safeNext } from "../next-path.ts";
import type { UseCases } from "../service/use-cases.ts";
import { ConfirmIdentityPage } from "./confirm-identity.page.tsx";
import { signInPaths } from "./sign-in-paths.ts";

const PasswordForm = z.object({ password: z.string().min(1, "type your password").max(200) });
const CodeForm = z.object({ code: SecondFactorCode });

/** Proving once more who one is, on the way to something dangerous. */
export const confirmIdentityPages = ({ confirmation, link }: UseCases): Page[] => {
  const view = async (context: PageContext, next: string, errors?: FormErrors): Promise<PageView> => {
    const member = personOf(context);
    return {
      title: "Confirm that it is you",
      layout: "bare",
      body: (
        <ConfirmIdentityPage
          email={member.email}
          by={await confirmation.waysOf(member)}
          hasLink={link.isOn()}
          next={next}
          errors={errors}
        />
      ),
      status: errors === undefined ? 200 : 422,
    };
  };
  return [
    {
      path: signInPaths.confirm,
      action: "session:confirm",
      resource: "organisation",
      render: (context) => view(context, safeNext(context.url.searchParams.get("next") ?? undefined)),
    },
    {
      method: "POST",
      path: signInPaths.confirm,
      action: "session:confirm",
      resource: "organisation",
      render: async (context) => {
        const values = await context.form();
        const next = safeNext(values.next);
        return withFormErrors<Response | PageView>(
          async () => {
            const shown =
              values.code === undefined
                ? parseForm(PasswordForm, { password: "", ...values })
                : parseForm(CodeForm, values);
            await confirmation.confirm(personOf(context), shown);
            return seeOther(next);
          },
          async (errors, err) => {
            const again = await view(context, next, errors);
            if (err.code !== "rate_limited") return again;
            return { ...again, status: err.status, headers: { "retry-after": String(err.retryAfterSeconds ?? 1) } };
          },
        );
      },
    },
  ];
};
