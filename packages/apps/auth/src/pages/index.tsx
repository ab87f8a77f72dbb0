import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { sessionOf } from "@homeport/kit/http/authenticate.ts";
import { memberOf } from "@homeport/kit/http/context.ts";
import type { PersonId } from "@homeport/kit/ids.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { z } from "zod";
import type { Services } from "../api/handlers.ts";
import { Email, Password, PersonName } from "../contract.ts";
import { endedCookie, sessionCookie } from "../cookie.ts";
import { listApiTokens } from "../store/api-tokens.ts";
import { listSessions, removeSession } from "../store/sessions.ts";
import { AccountPage } from "./account.page.tsx";
import { SetupPage } from "./setup.page.tsx";
import { SignInPage } from "./sign-in.page.tsx";

const HOME = "/projects";

/** Every page of the app with its forms: they work without scripts. */
export const pages = (services: Services): Page[] => [
  ...setupPages(services),
  ...signInPages(services),
  ...accountPages(services),
];

const clientOf = (context: PageContext) => ({
  userAgent: context.headers.get("user-agent") ?? "",
  address: context.clientAddress,
});

const SetupForm = z.object({
  token: z.string().trim().min(1, "paste the setup token"),
  email: Email,
  name: PersonName,
  password: Password,
});

const setupPages = ({ setup, sessions }: Services): Page[] => {
  const view = (values: Record<string, string>, errors?: FormErrors): PageView => ({
    title: "Set up Homeport",
    layout: "bare",
    body: <SetupPage values={values} errors={errors} />,
    status: errors === undefined ? 200 : 422,
  });
  return [
    {
      path: "/setup",
      action: "setup:claim",
      resource: "public",
      render: async (context) =>
        (await setup.isNeeded()) ? view({ token: context.url.searchParams.get("token") ?? "" }) : seeOther("/sign-in"),
    },
    {
      method: "POST",
      path: "/setup",
      action: "setup:claim",
      resource: "public",
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<Response | PageView>(
          async () => {
            const input = parseForm(SetupForm, values);
            const member = await setup.claim(input);
            const token = await sessions.open(member.personId, member.organisationId, clientOf(context));
            return seeOther(HOME, { "set-cookie": sessionCookie(token, context.origin) });
          },
          (errors) => view(values, errors),
        );
      },
    },
  ];
};

const SignInForm = z.object({ email: Email, password: z.string().min(1, "type your password").max(200) });

const signInPages = ({ setup, sessions }: Services): Page[] => {
  const view = (values: Record<string, string>, errors?: FormErrors): PageView => ({
    title: "Sign in",
    layout: "bare",
    body: <SignInPage values={values} errors={errors} />,
    status: errors === undefined ? 200 : 422,
  });
  return [
    {
      path: "/sign-in",
      action: "session:create",
      resource: "public",
      render: async ({ url }) =>
        (await setup.isNeeded()) ? seeOther("/setup") : view({ next: url.searchParams.get("next") ?? "" }),
    },
    {
      method: "POST",
      path: "/sign-in",
      action: "session:create",
      resource: "public",
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<Response | PageView>(
          async () => {
            const { email, password } = parseForm(SignInForm, values);
            const { token } = await sessions.signIn(email, password, clientOf(context));
            return seeOther(safeNext(values.next), { "set-cookie": sessionCookie(token, context.origin) });
          },
          (errors) => view(values, errors),
        );
      },
    },
    {
      method: "POST",
      path: "/sign-out",
      action: "session:end",
      resource: "public",
      render: async (context) => {
        const token = sessionOf(context.headers);
        if (token !== null) await sessions.end(token);
        return seeOther("/sign-in", { "set-cookie": endedCookie(context.origin) });
      },
    },
  ];
};

const accountPages = ({ sql, tokens, sessions }: Services): Page[] => {
  const view = async (
    context: PageContext,
    extra: { newToken?: string; errors?: FormErrors; values?: Record<string, string> } = {},
  ): Promise<PageView> => {
    const member = memberOf(context);
    const personId = member.personId as PersonId;
    const [ownTokens, ownSessions] = await Promise.all([listApiTokens(sql, personId), listSessions(sql, personId)]);
    return {
      title: "Account",
      status: extra.errors === undefined ? 200 : 422,
      body: <AccountPage member={member} tokens={ownTokens} sessions={ownSessions} {...extra} />,
    };
  };
  return [
    { path: "/account", action: "profile:read", resource: "organisation", render: (context) => view(context) },
    {
      method: "POST",
      path: "/account/tokens",
      action: "token:create",
      resource: "organisation",
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<Response | PageView>(
          async () => {
            const expiresInDays = Number(values.expiresInDays ?? "90");
            const input = parseForm(NewTokenForm, { name: values.name ?? "", expiresInDays });
            const { token } = await tokens.create(memberOf(context), { ...input, scopes: ["*"] });
            return view(context, { newToken: token.reveal() }); // shown in this one answer, stored nowhere
          },
          (errors) => view(context, { errors, values }),
        );
      },
    },
    {
      method: "POST",
      path: "/account/tokens/:token/revoke",
      action: "token:revoke",
      resource: "token",
      render: async (context) => {
        await tokens.revoke(memberOf(context), context.params.token ?? "");
        return seeOther("/account");
      },
    },
    {
      method: "POST",
      path: "/account/sessions/:session/revoke",
      action: "session:revoke",
      resource: "session",
      render: async (context) => {
        await removeSession(sql, memberOf(context).personId as PersonId, context.params.session ?? "");
        return seeOther("/account");
      },
    },
    {
      method: "POST",
      path: "/account/sessions/revoke",
      action: "session:revoke",
      resource: "organisation",
      render: async (context) => {
        await sessions.endAll(memberOf(context).personId as PersonId);
        return seeOther("/sign-in", { "set-cookie": endedCookie(context.origin) });
      },
    },
  ];
};

const NewTokenForm = z.object({
  name: z.string().trim().min(1, "name it after what will use it").max(100),
  expiresInDays: z.number().int().min(1).max(366),
});

/** Only a path of this host may be gone to after signing in. */
const safeNext = (next: string | undefined): string =>
  next !== undefined && /^\/(?![/\\])[^\\\s]{0,500}$/.test(next) && !next.startsWith("/sign-") ? next : HOME;
