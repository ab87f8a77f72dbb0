import type { FormErrors } from "@homeport/kit/form.ts";
import {
  Alert,
  Badge,
  Empty,
  Form,
  FormActions,
  FormColumn,
  LinkButton,
  PageHeader,
  Pagination,
  RowActions,
  Section,
  SubmitButton,
  Table,
  TextField,
  Time,
} from "@homeport/ui";
import ConfirmButton from "@homeport/ui/confirm";
import { INSTANCE_LOG } from "../audit-log.ts";
import type { DenialReason, DeniedSignIn, SignInRule, Verdict } from "../sign-in-rule.ts";
import { ClientCell } from "./client-cell.tsx";
import type { PageLinks } from "./page-cursor.ts";
import { paths } from "./paths.ts";
import { OWNERS_ONLY } from "./platform-frame.tsx";
import { RuleForm } from "./rule.page.tsx";
import { signInPaths } from "./sign-in-paths.ts";

type Props = {
  rules: readonly SignInRule[];
  ruleLinks: PageLinks;
  denied: readonly DeniedSignIn[];
  deniedLinks: PageLinks;
  isMailSetUp: boolean;
  isOwner: boolean;
  values?: Record<string, string> | undefined;
  errors?: FormErrors | undefined;
  tested?: { email: string; verdict: Verdict } | undefined;
  mailed?: { to: string; failure: string | null } | undefined;
};

export const SignInAdminPage = ({
  rules,
  ruleLinks,
  denied,
  deniedLinks,
  isMailSetUp,
  isOwner,
  values = {},
  errors,
  tested,
  mailed,
}: Props) => (
  <>
    <PageHeader
      title="Sign-in"
      description="Who may sign in to this platform, and who was refused."
      actions={<LinkButton href={INSTANCE_LOG.page}>Audit log</LinkButton>}
    />
    <Section
      title="Rules"
      description={
        <>
          Asked at every sign-in. Owners of the platform always get in, so that nobody locks it. No rule ends a session
          that is open: sign people out, or suspend them, under{" "}
          <a href={paths.people} className="underline">
            People
          </a>
          .
        </>
      }
      id="rules"
    >
      <Rules rules={rules} links={ruleLinks} />
    </Section>
    <FormColumn>
      <Section title="New rule" id="new">
        <RuleForm action={signInPaths.newRule} values={values} errors={of(errors, RULE_FIELDS)} submit="Add the rule" />
      </Section>
    </FormColumn>
    <Section title="Try an address" description="Which rule decides about it." id="test">
      <div className="grid max-w-xl gap-5">
        {tested === undefined ? null : <Tested {...tested} />}
        <Form action={signInPaths.admin} method="get" values={values} errors={of(errors, ["test"])}>
          <TextField name="test" label="E-mail" type="email" maxLength={254} />
          <FormActions>
            <SubmitButton variant="secondary">Try it</SubmitButton>
          </FormActions>
        </Form>
      </div>
    </Section>
    <Section
      title="Refused sign-ins"
      description="Of people who had proved the address. The newest 10,000 are kept, for 30 days."
      id="denied"
    >
      <Denied denied={denied} links={deniedLinks} />
    </Section>
    <Section title="Mail" description="Invites, sign-in links and notices need it." id="mail">
      <div className="grid max-w-xl gap-5">
        {mailed === undefined ? null : <Mailed {...mailed} />}
        {isMailSetUp ? null : (
          <Alert tone="warning" title="No mail server is set up.">
            Set its host and the sender in the settings of Accounts.
          </Alert>
        )}
        <Form action={signInPaths.testMail} values={values} errors={of(errors, ["to"])}>
          <TextField name="to" label="Send a test mail to" type="email" maxLength={254} />
          <FormActions>
            <SubmitButton
              variant="secondary"
              pendingLabel="Sending…"
              disabledReason={isOwner ? (isMailSetUp ? undefined : "No mail server is set up.") : OWNERS_ONLY}
            >
              Send it
            </SubmitButton>
          </FormActions>
        </Form>
      </div>
    </Section>
  </>
);

const RULE_FIELDS = ["effect", "kind", "pattern", "organisation", "role", "note"];

/** The errors of one of the page's forms: those at its fields, and the first form has what is at none. */
const of = (errors: FormErrors | undefined, names: readonly string[]): FormErrors | undefined => {
  if (errors === undefined) return undefined;
  const fields = Object.entries(errors.fields ?? {}).filter(([name]) => names.includes(name));
  const form = names === RULE_FIELDS ? errors.form : undefined;
  if (fields.length === 0 && form === undefined) return undefined;
  return { ...(form === undefined ? {} : { form }), fields: Object.fromEntries(fields) };
};

const Rules = ({ rules, links }: { rules: readonly SignInRule[]; links: PageLinks }) => (
  <>
    <Table
      caption="Rules"
      rows={rules}
      rowKey={({ id }) => id}
      empty={
        <Empty title="No rules: everybody who has an account may sign in">
          Add one below to let in only some addresses, or to shut some out.
        </Empty>
      }
      columns={[
        {
          id: "effect",
          header: "Effect",
          cell: ({ effect }) => <Badge tone={effect === "allow" ? "success" : "danger"}>{effect}</Badge>,
        },
        { id: "kind", header: "Looks at", cell: ({ kind }) => kind },
        { id: "pattern", header: "Pattern", cell: ({ pattern }) => <code>{pattern}</code> },
        {
          id: "admission",
          header: "Makes accounts",
          cell: ({ admission }) => (admission === null ? "no" : `${admission.role} in ${admission.organisationSlug}`),
        },
        { id: "note", header: "Note", cell: ({ note }) => note },
        {
          id: "actions",
          header: "Actions",
          hideHeader: true,
          align: "end",
          cell: (rule) => (
            <RowActions>
              <LinkButton href={signInPaths.rule(rule.id)} size="sm">
                Change
              </LinkButton>
              <ConfirmButton
                label="Remove"
                size="sm"
                action={signInPaths.removeRule(rule.id)}
                title={`Remove the rule ${rule.effect} ${rule.pattern}?`}
                body="It holds from the next sign-in on. Who is signed in stays so."
                confirmLabel="Remove it"
              />
            </RowActions>
          ),
        },
      ]}
    />
    <Pagination label="Rules" order="name" {...links} />
  </>
);

const Tested = ({ email, verdict }: { email: string; verdict: Verdict }) => {
  const { allowed, rule, registers } = verdict;
  const why =
    rule === null
      ? allowed
        ? "No rule is about it, and none lets in only others."
        : "No rule is about it, and there are rules that let in only others."
      : `The rule ${rule.effect} ${rule.kind} ${rule.pattern} decides.`;
  const account =
    registers?.admission == null
      ? ""
      : ` Without an account, it gets one as ${registers.admission.role} in ${registers.admission.organisationSlug}.`;
  return (
    <Alert tone={allowed ? "success" : "danger"} title={`${email} ${allowed ? "may" : "may not"} sign in.`}>
      {why + account}
    </Alert>
  );
};

const Mailed = ({ to, failure }: { to: string; failure: string | null }) =>
  failure === null ? (
    <Alert tone="success" title={`The mail server took the mail to ${to}.`} />
  ) : (
    <Alert tone="danger" title="The mail was not sent.">
      {failure}
    </Alert>
  );

/** Which one is said by trying the address: rules change, and so may what decides about it. */
const WhichRule = ({ email }: { email: string }) => (
  <a href={signInPaths.tried(email)} className="underline">
    a rule: see which
  </a>
);

const REASON: Readonly<Record<Exclude<DenialReason, "rule">, string>> = {
  not_invited: "no account, and no rule makes one",
  suspended: "suspended",
  no_organisation: "in no organisation",
};

const Denied = ({ denied, links }: { denied: readonly DeniedSignIn[]; links: PageLinks }) => (
  <>
    <Table
      caption="Refused sign-ins"
      rows={denied}
      rowKey={({ id }) => id}
      empty={<Empty title="Nobody was refused">Who proves an address and may not come in is listed here.</Empty>}
      columns={[
        { id: "email", header: "E-mail", cell: ({ email }) => email },
        {
          id: "reason",
          header: "Because of",
          cell: ({ reason, email }) => (reason === "rule" ? <WhichRule email={email} /> : REASON[reason]),
        },
        {
          id: "client",
          header: "Browser",
          cell: ({ userAgent, address, method }) => (
            <ClientCell userAgent={userAgent} from={`${address}, by ${method}`} />
          ),
        },
        { id: "at", header: "When", cell: ({ deniedAt }) => <Time at={deniedAt} /> },
      ]}
    />
    <Pagination label="Refused sign-ins" {...links} />
  </>
);
