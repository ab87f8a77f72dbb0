import { type FormErrors, withFormErrors } from "@homeport/kit/form.ts";
import { personOf } from "@homeport/kit/http/context.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import type { UseCases } from "../service/use-cases.ts";
import { paths } from "./paths.ts";
import { scopeFields, wantedOf } from "./token-fields.ts";
import { TokensPage } from "./tokens.page.tsx";

/** A person's own API tokens. */
export const tokenPages = ({ tokens }: UseCases): Page[] => {
  const view = async (
    context: PageContext,
    values: Record<string, string>,
    extra: { newToken?: string; errors?: FormErrors } = {},
  ): Promise<PageView> => ({
    title: "API tokens",
    status: extra.errors === undefined ? 200 : 422,
    body: (
      <TokensPage
        platformUrl={context.origin}
        tokens={await tokens.list(personOf(context))}
        values={values}
        {...extra}
      />
    ),
  });
  return [
    {
      path: paths.tokens,
      action: "token:read",
      resource: "organisation",
      render: (context) => view(context, fieldsOf(context.url.searchParams)),
    },
    {
      method: "POST",
      path: paths.tokens,
      action: "token:create",
      resource: "organisation",
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<Response | PageView>(
          async () => {
            const { token } = await tokens.create(personOf(context), wantedOf(values));
            return view(context, {}, { newToken: token.reveal() });
          },
          (errors, err) =>
            err.code === "unverified" ? seeOther(afterProof(values)) : view(context, values, { errors }),
          scopeFields(values),
        );
      },
    },
    {
      method: "POST",
      path: paths.revokeToken(":token"),
      action: "token:revoke",
      resource: "token",
      render: async (context) => {
        await tokens.revoke(personOf(context), context.params.token ?? "");
        return seeOther(paths.tokens);
      },
    },
  ];
};

/** The fields of the form, which come back in the address when somebody has to prove who they are first. */
const FIELDS = ["name", "preset", "scopes", "project", "expiresInDays"];
/** `safeNext` takes no longer ones; then the form comes back empty. */
const MAX_NEXT = 500;

/** To the proof of who somebody is, and from there to the form as they have filled it in. */
const afterProof = (values: Record<string, string>): string => {
  const filled = `${paths.tokens}?${new URLSearchParams(fieldsOf(new URLSearchParams(values)))}`;
  const next = filled.length > MAX_NEXT ? paths.tokens : filled;
  return paths.confirm(next);
};

const fieldsOf = (query: URLSearchParams): Record<string, string> =>
  Object.fromEntries(FIELDS.map((name) => [name, query.get(name) ?? ""] as const).filter(([, text]) => text !== ""));
