import { Slug } from "@homeport/kit/contract.ts";
import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { memberOf, personOf } from "@homeport/kit/http/context.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { z } from "zod";
import { DisplayName, Reference } from "../contract/nouns.ts";
import { HOME } from "../next-path.ts";
import { callerOf } from "../service/caller.ts";
import type { UseCases } from "../service/use-cases.ts";
import { ConfirmPage } from "./confirm.page.tsx";
import { optionalText } from "./form-text.ts";
import { organisationPaths as paths } from "./organisation-paths.ts";
import { OrganisationSettingsPage } from "./organisation-settings.page.tsx";
import { OrganisationsPage } from "./organisations.page.tsx";
import { cursorOf, pageLinks, ROWS } from "./page-cursor.ts";

const NewForm = z.object({ slug: Slug, name: optionalText(DisplayName) });
const NameForm = z.object({ name: DisplayName });
const SwitchForm = z.object({ organisation: Reference });

/** One's organisations, and the settings of the one that one works in. */
export const organisationPages = ({ organisations }: UseCases): Page[] => {
  const mine = async (
    context: PageContext,
    values: Record<string, string> = {},
    errors?: FormErrors,
  ): Promise<PageView> => {
    const member = personOf(context);
    const cursor = cursorOf(context);
    const { items, nextCursor } = await organisations.listOwn(member, cursor, ROWS);
    const page = { member, organisations: items, links: pageLinks(paths.mine, cursor, nextCursor) };
    return {
      title: "Your organisations",
      status: errors === undefined ? 200 : 422,
      body: <OrganisationsPage {...page} mayCreate={organisations.mayCreate(member)} {...{ values, errors }} />,
    };
  };
  const settings = async (context: PageContext, errors?: FormErrors): Promise<PageView> => {
    const organisation = await organisations.get(callerOf(context));
    return {
      title: "Organisation settings",
      status: errors === undefined ? 200 : 422,
      body: <OrganisationSettingsPage {...{ member: memberOf(context), organisation, errors }} />,
    };
  };
  return [
    { path: paths.mine, action: "profile:read", resource: "organisation", render: (context) => mine(context) },
    {
      method: "POST",
      path: paths.mine,
      action: "organisation:create",
      resource: "organisation",
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<Response | PageView>(
          async () => {
            const member = personOf(context);
            const { slug } = await organisations.create(member, parseForm(NewForm, values));
            if (member.kind === "person") await organisations.switch(member, slug);
            return seeOther(paths.members);
          },
          (errors) => mine(context, values, errors),
        );
      },
    },
    {
      method: "POST",
      path: paths.switch,
      action: "session:switch",
      resource: "organisation",
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<Response | PageView>(
          async () => {
            await organisations.switch(personOf(context), parseForm(SwitchForm, values).organisation);
            return seeOther(HOME);
          },
          (errors) => mine(context, {}, errors),
        );
      },
    },
    {
      path: paths.settings,
      action: "organisation:read",
      resource: "organisation",
      render: (context) => settings(context),
    },
    {
      method: "POST",
      path: paths.settings,
      action: "organisation:update",
      resource: "organisation",
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<Response | PageView>(
          async () => {
            await organisations.rename(callerOf(context), parseForm(NameForm, { name: "", ...values }).name);
            return seeOther(paths.settings);
          },
          (errors) => settings(context, errors),
        );
      },
    },
    {
      method: "POST",
      path: paths.remove,
      action: "organisation:remove",
      resource: "organisation",
      render: async (context) => {
        const { organisationSlug } = memberOf(context);
        const { confirm } = await context.form();
        if (confirm?.trim() !== organisationSlug) return askRemoval(organisationSlug, confirm);
        return withFormErrors<Response | PageView>(
          async () => {
            await organisations.remove(callerOf(context), organisationSlug);
            return seeOther(paths.mine); // the session has moved on, or is over and leads to signing in
          },
          (errors) => settings(context, errors),
        );
      },
    },
  ];
};

const askRemoval = (slug: string, typed: string | undefined): PageView => ({
  title: `Remove ${slug}`,
  status: typed === undefined ? 200 : 422,
  body: (
    <ConfirmPage
      title={`Remove ${slug}?`}
      body="Its members, teams, service accounts and tokens go. Members who are in no other organisation cannot sign in until one invites them. This cannot be undone."
      action={paths.remove}
      typed={slug}
      confirmLabel="Remove the organisation"
      back={paths.settings}
      errors={typed === undefined ? undefined : { fields: { confirm: "That is not its short name." } }}
    />
  ),
});
