import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { memberOf } from "@homeport/kit/http/context.ts";
import type { PersonId } from "@homeport/kit/ids.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { z } from "zod";
import { endedCookie } from "../cookie.ts";
import type { UseCases } from "../service/use-cases.ts";
import { AccountPage } from "./account.page.tsx";
import { paths } from "./paths.ts";

const NewTokenForm = z.object({
  name: z.string().trim().min(1, "name it after what will use it").max(100),
  expiresInDays: z.coerce.number().int().min(1).max(366).default(90),
});

const personOf = (context: PageContext) => memberOf(context).personId as PersonId;

/** A person's own tokens and sessions. */
export const accountPages = ({ tokens, sessions }: UseCases): Page[] => {
  const view = async (
    context: PageContext,
    extra: { newToken?: string; errors?: FormErrors; values?: Record<string, string> } = {},
  ): Promise<PageView> => {
    const member = memberOf(context);
    const [ownTokens, ownSessions] = await Promise.all([tokens.list(member), sessions.list(personOf(context))]);
    return {
      title: "Account",
      status: extra.errors === undefined ? 200 : 422,
      body: (
        <AccountPage
          member={member}
          platformUrl={context.origin}
          tokens={ownTokens}
          sessions={ownSessions}
          {...extra}
        />
      ),
    };
  };
  return [
    { path: paths.account, action: "profile:read", resource: "organisation", render: (context) => view(context) },
    {
      method: "POST",
      path: paths.tokens,
      action: "token:create",
      resource: "organisation",
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<Response | PageView>(
          async () => {
            const input = parseForm(NewTokenForm, { name: "", ...values });
            const { token } = await tokens.create(memberOf(context), { ...input, scopes: ["*"] });
            return view(context, { newToken: token.reveal() }); // shown in this one answer, stored nowhere
          },
          (errors) => view(context, { errors, values }),
        );
      },
    },
    {
      method: "POST",
      path: paths.revokeToken(":token"),
      action: "token:revoke",
      resource: "token",
      render: async (context) => {
        await tokens.revoke(memberOf(context), context.params.token ?? "");
        return seeOther(paths.account);
      },
    },
    {
      method: "POST",
      path: paths.revokeSession(":session"),
      action: "session:revoke",
      resource: "session",
      render: async (context) => {
        await sessions.endOne(personOf(context), context.params.session ?? "");
        return seeOther(paths.account);
      },
    },
    {
      method: "POST",
      path: paths.revokeSessions,
      action: "session:revoke",
      resource: "organisation",
      render: async (context) => {
        await sessions.endAll(personOf(context));
        return seeOther(paths.signIn, { "set-cookie": endedCookie(context.origin) });
      },
    },
  ];
};
