import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { personOf } from "@homeport/kit/http/context.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { z } from "zod";
import { DisplayName } from "../contract/nouns.ts";
import type { UseCases } from "../service/use-cases.ts";
import { ConfirmPage } from "./confirm.page.tsx";
import { paths } from "./paths.ts";
import { PlatformOrganisationPage, PlatformOrganisationsPage } from "./platform-organisations.page.tsx";

const ROWS = 50;

const Wanted = z.object({ cursor: z.string().max(200).optional() });
const NameForm = z.object({ name: DisplayName });

/** Every organisation of the platform, for those who run it. */
export const platformOrganisationPages = ({ platformOrganisations }: UseCases): Page[] => {
  const view = async (context: PageContext, errors?: FormErrors): Promise<PageView> => {
    const organisation = await platformOrganisations.get(referenceOf(context));
    const mayChange = personOf(context).instanceRole === "owner";
    return {
      title: organisation.name,
      status: errors === undefined ? 200 : 422,
      body: <PlatformOrganisationPage {...{ organisation, mayChange, errors }} />,
    };
  };
  return [
    {
      path: paths.platformOrganisations,
      action: "organisation:list",
      resource: "platform",
      render: async ({ url }) => {
        const { cursor } = parseForm(Wanted, Object.fromEntries(url.searchParams));
        const { items, nextCursor } = await platformOrganisations.list({ cursor, limit: ROWS });
        const at = `${paths.platformOrganisations}?cursor=`;
        const next = nextCursor === null ? {} : { nextHref: at + encodeURIComponent(nextCursor) };
        const first = cursor === undefined ? {} : { firstHref: paths.platformOrganisations };
        return {
          title: "Organisations",
          body: <PlatformOrganisationsPage organisations={items} {...next} {...first} />,
        };
      },
    },
    {
      path: paths.platformOrganisation(":organisation"),
      action: "organisation:list",
      resource: "platform",
      render: (context) => view(context),
    },
    {
      method: "POST",
      path: paths.platformOrganisation(":organisation"),
      action: "organisation:rename",
      resource: "platform",
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<Response | PageView>(
          async () => {
            const { name } = parseForm(NameForm, { name: "", ...values });
            const { slug } = await platformOrganisations.rename(referenceOf(context), name);
            return seeOther(paths.platformOrganisation(slug));
          },
          (errors) => view(context, errors),
        );
      },
    },
    {
      method: "POST",
      path: paths.closeOrganisation(":organisation"),
      action: "organisation:close",
      resource: "platform",
      render: async (context) => {
        const { slug } = await platformOrganisations.get(referenceOf(context));
        const { confirm } = await context.form();
        if (confirm?.trim() !== slug) return askRemoval(slug, confirm);
        return withFormErrors<Response | PageView>(
          async () => {
            await platformOrganisations.close(personOf(context), slug);
            return seeOther(paths.platformOrganisations);
          },
          (errors) => view(context, errors),
        );
      },
    },
  ];
};

const referenceOf = ({ params }: PageContext): string => params.organisation ?? "";

const askRemoval = (slug: string, typed: string | undefined): PageView => ({
  title: `Remove ${slug}`,
  status: typed === undefined ? 200 : 422,
  body: (
    <ConfirmPage
      title={`Remove ${slug}?`}
      body="Members who are in no other organisation cannot sign in until one invites them. This cannot be undone."
      action={paths.closeOrganisation(slug)}
      typed={slug}
      confirmLabel="Remove the organisation"
      back={paths.platformOrganisation(slug)}
      errors={typed === undefined ? undefined : { fields: { confirm: "That is not its short name." } }}
    />
  ),
});
