import { DomainError } from "@homeport/kit/errors.ts";
import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { z } from "zod";
import { PolicyHost } from "../policy-host.ts";
import type { TrafficDeps } from "../service/deps.ts";
import { editorOf } from "../service/editor.ts";
import { findPolicy, pageOfPolicies, putPolicy, removePolicy } from "../service/policies.ts";
import { paths } from "./paths.ts";
import { PoliciesPage } from "./policies.page.tsx";
import { PolicyPage, RemovePolicyPage } from "./policy.page.tsx";
import { withPolicyOf } from "./policy-fields.ts";
import { type Fields, policyValues } from "./policy-values.ts";

const ROWS = 50;

const HostForm = z.object({ host: PolicyHost });

/** @throws {DomainError} not_found */
const hostOf = ({ params }: PageContext): string => {
  const host = PolicyHost.safeParse(params.host);
  if (host.success) return host.data;
  throw new DomainError("not_found", "No host has such a name.");
};

/** A password is not sent back to the page: without a word, who sends the form again would keep the old one. */
const askAgain = (fields: Fields, errors: FormErrors): FormErrors => {
  const typed = Object.keys(fields).filter((name) => /^password\d+$/.test(name) && fields[name] !== "");
  const again = typed.map((name) => [name, "Type it again: passwords are not sent back."] as const);
  return { ...errors, fields: { ...Object.fromEntries(again), ...errors.fields } };
};

export const policyPages = (deps: TrafficDeps): Page[] => {
  const listView = async ({ url }: PageContext, values: Fields = {}, errors?: FormErrors): Promise<PageView> => {
    const cursor = url.searchParams.get("cursor") ?? undefined;
    const { items, nextCursor } = await pageOfPolicies(deps, { cursor, limit: ROWS });
    const nextHref = nextCursor === null ? null : paths.policies(nextCursor);
    const page = { policies: items, nextHref, now: deps.clock(), values, errors };
    return { title: "Gateway policies", body: <PoliciesPage {...page} />, status: errors === undefined ? 200 : 422 };
  };
  const policyView = async (context: PageContext, submitted?: Fields, errors?: FormErrors): Promise<PageView> => {
    const host = hostOf(context);
    const policy = await findPolicy(deps.sql, host);
    const values = submitted ?? { ...policyValues(policy?.policy ?? {}), revision: String(policy?.revision ?? "") };
    const { address } = editorOf(context);
    return {
      title: `Policy of ${host}`,
      body: <PolicyPage {...{ host, policy, values, errors, address }} now={deps.clock()} />,
      status: errors === undefined ? 200 : 422,
    };
  };
  const at = "/admin/gateway/policies/:host" as const;
  return [
    {
      path: "/admin/gateway/policies",
      action: "policy:read",
      resource: "platform",
      render: async (context) => {
        const asked = context.url.searchParams.get("host");
        if (asked === null) return listView(context);
        return withFormErrors<PageView | Response>(
          async () => seeOther(paths.policy(parseForm(HostForm, { host: asked }).host)),
          (errors) => listView(context, { host: asked }, errors),
        );
      },
    },
    { path: at, action: "policy:read", resource: "platform", render: (context) => policyView(context) },
    {
      method: "POST",
      path: at,
      action: "policy:write",
      resource: "platform",
      render: async (context) => {
        const host = hostOf(context);
        const fields = await context.form();
        const expected = fields.revision ? Number(fields.revision) : null;
        return withFormErrors<PageView | Response>(
          async () => {
            await withPolicyOf(fields, (policy) => putPolicy(deps, host, policy, editorOf(context), expected));
            return seeOther(paths.policies());
          },
          (errors) => policyView(context, fields, askAgain(fields, errors)),
        );
      },
    },
    {
      method: "POST",
      path: `${at}/remove`,
      action: "policy:write",
      resource: "platform",
      render: async (context) => {
        const host = hostOf(context);
        const { confirm } = await context.form();
        if (confirm !== "yes")
          return { title: `Remove the policy of ${host}?`, body: <RemovePolicyPage host={host} /> };
        await removePolicy(deps, host, editorOf(context));
        return seeOther(paths.policies());
      },
    },
  ];
};
