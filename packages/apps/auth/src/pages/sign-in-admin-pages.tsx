import { DomainError } from "@homeport/kit/errors.ts";
import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { memberOf } from "@homeport/kit/http/context.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { z } from "zod";
import { Email } from "../contract/nouns.ts";
import { RuleInput } from "../contract/sign-in-rules.ts";
import type { SignInRuleId } from "../ids.ts";
import type { UseCases } from "../service/use-cases.ts";
import type { SignInRule, Verdict } from "../sign-in-rule.ts";
import { ConfirmPage } from "./confirm.page.tsx";
import type { PageLinks } from "./page-cursor.ts";
import { RulePage } from "./rule.page.tsx";
import { SignInAdminPage } from "./sign-in-admin.page.tsx";
import { signInPaths } from "./sign-in-paths.ts";

const ROWS = 50;

const emptyToNull = (text: string | undefined): string | null => (text === undefined || text === "" ? null : text);
const EmailForm = z.object({ email: Email });
const MailForm = z.object({ to: Email });

type Values = Record<string, string>;
type Extra = {
  values?: Values;
  errors?: FormErrors;
  tested?: { email: string; verdict: Verdict };
  mailed?: { to: string; failure: string | null };
};

/** Links of one of the page's two lists, back to the same list. */
const linksOf = (list: "rules" | "denied", cursor: string | undefined, next: string | null): PageLinks => ({
  ...(cursor === undefined ? {} : { previousHref: `${signInPaths.admin}#${list}` }),
  ...(next === null ? {} : { nextHref: `${signInPaths.admin}?${list}=${encodeURIComponent(next)}#${list}` }),
});

/** Who may sign in, who was refused, and whether mail works: for those who run the platform. */
export const signInAdminPages = ({ rules, mails }: UseCases): Page[] => {
  const view = async (context: PageContext, extra: Extra = {}): Promise<PageView> => {
    const { searchParams } = context.url;
    const [ruleCursor, deniedCursor] = ["rules", "denied"].map((name) => searchParams.get(name) ?? undefined);
    const member = memberOf(context);
    const listed = await rules.list(ruleCursor, ROWS);
    const denied = await rules.listDenied(deniedCursor, ROWS);
    return {
      title: "Sign-in",
      body: (
        <SignInAdminPage
          rules={listed.items}
          ruleLinks={linksOf("rules", ruleCursor, listed.nextCursor)}
          denied={denied.items}
          deniedLinks={linksOf("denied", deniedCursor, denied.nextCursor)}
          isMailSetUp={mails.isSetUp()}
          isOwner={member.kind !== "service" && member.instanceRole === "owner"}
          {...extra}
        />
      ),
      status: extra.errors === undefined ? 200 : 422,
    };
  };
  const ruleView = (rule: SignInRule, values: Values, errors?: FormErrors): PageView => ({
    title: "Rule",
    body: <RulePage rule={rule} values={values} errors={errors} />,
    status: errors === undefined ? 200 : 422,
  });
  /** @throws {DomainError} not_found */
  const ruleOf = async ({ params }: PageContext): Promise<SignInRule> => {
    const rule = await rules.find(params.rule ?? "");
    if (rule === null) throw new DomainError("not_found", "There is no such rule.");
    return rule;
  };
  const platform = (method: "GET" | "POST", path: Page["path"], action: string, render: Page["render"]): Page => ({
    method,
    path,
    action,
    resource: "platform",
    render,
  });
  return [
    platform("GET", signInPaths.admin, "rule:read", async (context) => {
      const email = context.url.searchParams.get("test");
      if (email === null) return view(context);
      return withFormErrors<PageView>(
        async () => {
          const asked = parseForm(EmailForm, { email });
          return view(context, {
            values: { test: email },
            tested: { email: asked.email, verdict: await rules.test(asked.email) },
          });
        },
        (errors) => view(context, { values: { test: email }, errors }),
        { email: "test" },
      );
    }),
    platform("POST", signInPaths.newRule, "rule:write", async (context) => {
      const values = await context.form();
      return withFormErrors<Response | PageView>(
        async () => {
          await rules.create(memberOf(context), parseForm(RuleInput, fieldsOf(values)));
          return seeOther(signInPaths.admin);
        },
        (errors) => view(context, { values, errors }),
      );
    }),
    platform("GET", signInPaths.rule(":rule"), "rule:write", async (context) => {
      const rule = await ruleOf(context);
      return ruleView(rule, valuesOf(rule));
    }),
    platform("POST", signInPaths.rule(":rule"), "rule:write", async (context) => {
      const rule = await ruleOf(context);
      const values = await context.form();
      return withFormErrors<Response | PageView>(
        async () => {
          await rules.update(memberOf(context), rule.id as SignInRuleId, parseForm(RuleInput, fieldsOf(values)));
          return seeOther(signInPaths.admin);
        },
        (errors) => ruleView(rule, values, errors),
      );
    }),
    platform("POST", signInPaths.removeRule(":rule"), "rule:write", async (context) => {
      const rule = await ruleOf(context);
      const { confirm } = await context.form();
      if (confirm !== "yes") return askToRemove(rule);
      await rules.remove(memberOf(context), rule.id);
      return seeOther(signInPaths.admin);
    }),
    platform("POST", signInPaths.testMail, "mail:test", async (context) => {
      const values = await context.form();
      return withFormErrors<PageView>(
        async () => {
          const { to } = parseForm(MailForm, { to: "", ...values });
          return view(context, { mailed: { to, failure: await mails.test(to) } });
        },
        (errors) => view(context, { values, errors }),
      );
    }),
  ];
};

const fieldsOf = ({ effect, kind, pattern, organisation, role, note }: Values) => ({
  effect,
  kind,
  pattern: pattern ?? "",
  organisation: emptyToNull(organisation),
  role: emptyToNull(role),
  note: note ?? "",
});

const valuesOf = ({ effect, kind, pattern, admission, note }: SignInRule): Values => ({
  effect,
  kind,
  pattern,
  organisation: admission?.organisationSlug ?? "",
  role: admission?.role ?? "",
  note,
});

const askToRemove = (rule: SignInRule): PageView => ({
  title: "Remove the rule?",
  body: (
    <ConfirmPage
      title={`Remove the rule ${rule.effect} ${rule.pattern}?`}
      body="It holds from the next sign-in on. Who is signed in stays so."
      action={signInPaths.removeRule(rule.id)}
      confirmLabel="Remove it"
      back={signInPaths.admin}
    />
  ),
});
