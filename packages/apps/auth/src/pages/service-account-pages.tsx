import { Slug } from "@homeport/kit/contract.ts";
import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { memberOf, memberScope } from "@homeport/kit/http/context.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { z } from "zod";
import { Description, ServiceAccountRole } from "../contract/service-accounts.ts";
import { callerOf } from "../service/caller.ts";
import { serviceAccountIn } from "../service/organisation-loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { ConfirmPage } from "./confirm.page.tsx";
import { organisationPaths as paths } from "./organisation-paths.ts";
import { cursorOf, pageLinks, ROWS } from "./page-cursor.ts";
import { paths as accountPaths } from "./paths.ts";
import { ServiceAccountPage, type ServiceAccountPageExtra } from "./service-account.page.tsx";
import { ServiceAccountsPage } from "./service-accounts.page.tsx";
import { scopeFields, wantedOf } from "./token-fields.ts";

const ChangeForm = z.object({ description: Description.default(""), role: ServiceAccountRole });
const NewForm = ChangeForm.extend({ slug: Slug });

/** The organisation's own callers, and their tokens. */
export const serviceAccountPages = ({ serviceAccounts, tokens }: UseCases): Page[] => {
  const list = async (
    context: PageContext,
    values: Record<string, string> = {},
    errors?: FormErrors,
  ): Promise<PageView> => {
    const cursor = cursorOf(context);
    const { items, nextCursor } = await serviceAccounts.list(memberScope(context), cursor, ROWS);
    const links = pageLinks(paths.serviceAccounts, cursor, nextCursor);
    return {
      title: "Service accounts",
      status: errors === undefined ? 200 : 422,
      body: <ServiceAccountsPage {...{ member: memberOf(context), accounts: items, links, values, errors }} />,
    };
  };
  const one = async (context: PageContext, extra: ServiceAccountPageExtra = {}): Promise<PageView> => {
    const account = serviceAccountIn(context);
    const page = { member: memberOf(context), account, tokens: await tokens.listOf(account) };
    return {
      title: account.slug,
      status: extra.again === undefined ? 200 : 422,
      body: <ServiceAccountPage {...page} {...extra} />,
    };
  };
  const write = { method: "POST", action: "service-account:write", resource: "service-account" } as const;
  return [
    {
      path: paths.serviceAccounts,
      action: "service-account:read",
      resource: "organisation",
      render: (context) => list(context),
    },
    {
      method: "POST",
      path: paths.serviceAccounts,
      action: "service-account:write",
      resource: "organisation",
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<Response | PageView>(
          async () => {
            const { slug } = await serviceAccounts.create(callerOf(context), parseForm(NewForm, values));
            return seeOther(paths.serviceAccount(slug));
          },
          (errors) => list(context, values, errors),
        );
      },
    },
    {
      path: paths.serviceAccount(":account"),
      action: "service-account:read",
      resource: "service-account",
      render: (context) => one(context),
    },
    {
      ...write,
      path: paths.serviceAccount(":account"),
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<Response | PageView>(
          async () => {
            const account = serviceAccountIn(context);
            await serviceAccounts.update(callerOf(context), account, parseForm(ChangeForm, values));
            return seeOther(paths.serviceAccount(account.slug));
          },
          (errors) => one(context, { again: { form: "account", values, errors } }),
        );
      },
    },
    {
      ...write,
      path: paths.serviceAccountTokens(":account"),
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<Response | PageView>(
          async () => {
            const account = serviceAccountIn(context);
            const { token } = await tokens.createFor(memberOf(context), account, wantedOf(values));
            return one(context, { newToken: token.reveal() });
          },
          (errors, err) =>
            err.code === "unverified"
              ? seeOther(accountPaths.confirm(paths.serviceAccount(serviceAccountIn(context).slug)))
              : one(context, { again: { form: "token", values, errors } }),
          scopeFields(values),
        );
      },
    },
    {
      ...write,
      path: paths.revokeServiceAccountToken(":account", ":token"),
      render: async (context) => {
        const account = serviceAccountIn(context);
        await tokens.revokeOf(memberOf(context), account, context.params.token ?? "");
        return seeOther(paths.serviceAccount(account.slug));
      },
    },
    {
      ...write,
      path: paths.removeServiceAccount(":account"),
      render: async (context) => {
        const account = serviceAccountIn(context);
        if ((await context.form()).confirm !== "yes") return askRemoval(account.slug);
        await serviceAccounts.remove(callerOf(context), account);
        return seeOther(paths.serviceAccounts);
      },
    },
  ];
};

const askRemoval = (slug: string): PageView => ({
  title: `Remove ${slug}`,
  body: (
    <ConfirmPage
      title={`Remove the service account ${slug}?`}
      body="Its tokens end at once: whatever uses them stops working."
      action={paths.removeServiceAccount(slug)}
      confirmLabel="Remove it"
      back={paths.serviceAccount(slug)}
    />
  ),
});
