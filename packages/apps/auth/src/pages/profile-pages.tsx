import { DomainError } from "@homeport/kit/errors.ts";
import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { personOf } from "@homeport/kit/http/context.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { z } from "zod";
import { Email, PersonName } from "../contract/nouns.ts";
import { endedCookie } from "../cookie.ts";
import type { UseCases } from "../service/use-cases.ts";
import { paths } from "./paths.ts";
import {
  ConfirmEmailPage,
  EmailConfirmedPage,
  LinkOverPage,
  type ProfileForm,
  ProfilePage,
  RemoveAccountPage,
} from "./profile.page.tsx";

const NameForm = z.object({ name: PersonName });
const EmailForm = z.object({ email: Email });
const RemoveForm = z.object({ confirm: z.string().trim().toLowerCase().max(254) });

export const profilePages = ({ profiles, emailChanges, departures, mails }: UseCases): Page[] => {
  const view = async (context: PageContext, sent?: ProfileForm): Promise<PageView> => {
    const member = personOf(context);
    const account = await profiles.get(member);
    return {
      title: "Account",
      status: sent?.errors === undefined ? 200 : 422,
      body: <ProfilePage {...{ account, sent }} current={member.organisationId} canMail={mails.isSetUp()} />,
    };
  };
  const removeView = (context: PageContext, errors?: FormErrors): PageView => ({
    title: "Delete your account",
    status: errors === undefined ? 200 : 422,
    body: <RemoveAccountPage email={personOf(context).email} errors={errors} />,
  });
  return [
    { path: paths.account, action: "profile:read", resource: "organisation", render: (context) => view(context) },
    {
      method: "POST",
      path: paths.account,
      action: "profile:update",
      resource: "organisation",
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<Response | PageView>(
          async () => {
            await profiles.rename(personOf(context), parseForm(NameForm, { name: "", ...values }).name);
            return seeOther(paths.account);
          },
          (errors) => view(context, { form: "name", values, errors }),
        );
      },
    },
    {
      method: "POST",
      path: paths.accountEmail,
      action: "account:change-email",
      resource: "organisation",
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<Response | PageView>(
          async () => {
            const { email } = parseForm(EmailForm, { email: "", ...values });
            await emailChanges.ask(personOf(context), email);
            return view(context, { form: "email", values: {}, done: `A link is on its way to ${email}.` });
          },
          (errors) => view(context, { form: "email", values, errors }),
        );
      },
    },
    {
      path: paths.confirmEmail,
      action: "account:confirm-email",
      resource: "public",
      render: async ({ url }) => {
        const token = url.searchParams.get("token") ?? "";
        const change = await emailChanges.find(new Secret(token));
        if (change === null) return linkOver();
        return {
          title: "Confirm your new e-mail address",
          layout: "bare",
          body: <ConfirmEmailPage token={token} email={change.email} />,
        };
      },
    },
    {
      method: "POST",
      path: paths.confirmEmail,
      action: "account:confirm-email",
      resource: "public",
      render: async ({ url }) => {
        try {
          const { email } = await emailChanges.confirm(new Secret(url.searchParams.get("token") ?? ""));
          const body = <EmailConfirmedPage email={email} />;
          return { title: "Your e-mail address", layout: "bare", body };
        } catch (err) {
          if (err instanceof DomainError && err.code === "gone") return linkOver();
          throw err;
        }
      },
    },
    {
      path: paths.removeAccount,
      action: "account:remove",
      resource: "organisation",
      render: async (context) => removeView(context),
    },
    {
      method: "POST",
      path: paths.removeAccount,
      action: "account:remove",
      resource: "organisation",
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<Response | PageView>(
          async () => {
            const { confirm } = parseForm(RemoveForm, { confirm: "", ...values });
            await departures.leave(personOf(context), confirm);
            return seeOther(paths.accountGone, { "set-cookie": endedCookie(context.origin) });
          },
          (errors) => removeView(context, errors),
        );
      },
    },
  ];
};

const linkOver = (): PageView => ({
  title: "This link does not work any more",
  layout: "bare",
  status: 410,
  body: <LinkOverPage />,
});
