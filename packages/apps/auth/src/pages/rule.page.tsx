import type { FormErrors } from "@homeport/kit/form.ts";
import { Form, FormActions, LinkButton, PageHeader, SelectField, SubmitButton, TextField } from "@homeport/ui";
import { RULE_ROLES, type SignInRule } from "../sign-in-rule.ts";
import { signInPaths } from "./sign-in-paths.ts";

type FormProps = {
  action: string;
  values: Record<string, string>;
  errors: FormErrors | undefined;
  submit: string;
  back?: string;
};

const EFFECTS = [
  { value: "allow", label: "Allow: once there is such a rule, others may not sign in" },
  { value: "deny", label: "Deny: wins over every rule that allows" },
];
const KINDS = [
  { value: "domain", label: "Domain, like example.com" },
  { value: "email", label: "Address, like ada@example.com" },
  { value: "glob", label: "Glob, like *.example.com or team-*@example.com" },
  { value: "regex", label: "RE2 expression for the whole address" },
];
const ROLES = [
  { value: "", label: "None: it makes no accounts" },
  ...RULE_ROLES.map((role) => ({ value: role, label: role })),
];

/** The fields of a rule, for a new one and for one that is there. */
export const RuleForm = ({ action, values, errors, submit, back }: FormProps) => (
  <Form action={action} values={{ effect: "allow", kind: "domain", role: "", ...values }} errors={errors}>
    <SelectField name="effect" label="Effect" options={EFFECTS} />
    <SelectField name="kind" label="Looks at" options={KINDS} />
    <TextField name="pattern" label="Pattern" maxLength={300} mono autoComplete="off" />
    <TextField
      name="organisation"
      label="Makes accounts in"
      hint="The short name of an organisation: who proves such an address by a link in a mail becomes a member there."
      maxLength={60}
      optional
      mono
      autoComplete="off"
    />
    <SelectField name="role" label="With the role" options={ROLES} optional />
    <TextField name="note" label="Note" maxLength={300} optional />
    <FormActions>
      <SubmitButton pendingLabel="Saving…">{submit}</SubmitButton>
      {back === undefined ? null : <LinkButton href={back}>Back</LinkButton>}
    </FormActions>
  </Form>
);

type Props = { rule: SignInRule; values: Record<string, string>; errors: FormErrors | undefined };

export const RulePage = ({ rule, values, errors }: Props) => (
  <>
    <PageHeader
      title="Change a rule"
      breadcrumbs={[{ label: "Sign-in", href: signInPaths.admin }, { label: rule.pattern }]}
    />
    <div className="max-w-xl">
      <RuleForm
        action={signInPaths.rule(rule.id)}
        values={values}
        errors={errors}
        submit="Save the rule"
        back={signInPaths.admin}
      />
    </div>
  </>
);
