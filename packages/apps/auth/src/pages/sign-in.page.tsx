import type { FormErrors } from "@homeport/kit/form.ts";
import { Alert, Form, FormActions, PageHeader, Section, SubmitButton, TextField } from "@homeport/ui";
import { isGate } from "../next-path.ts";
import { paths } from "./paths.ts";
import { signInPaths } from "./sign-in-paths.ts";

type Props = {
  values: Record<string, string>;
  errors?: FormErrors | undefined;
  hasPassword: boolean;
  hasLink: boolean;
  /** Whether somebody comes here because they deleted their account. */
  isAccountGone: boolean;
};

/** Where it leads on to another host, the whole page has to go there: scripts that fetch pages cannot. */
export const reloadFor = (next: string | undefined): { "data-hp-reload"?: "" } =>
  isGate(next ?? "") ? { "data-hp-reload": "" } : {};

export const SignInPage = ({ values, errors, hasPassword, hasLink, isAccountGone }: Props) => (
  <>
    <PageHeader title="Sign in" />
    {isAccountGone ? <Alert tone="success" title="Your account is gone." /> : null}
    {hasPassword ? (
      <Form
        action={paths.signIn}
        hidden={{ next: values.next ?? "" }}
        values={values}
        errors={errors}
        {...reloadFor(values.next)}
      >
        <TextField name="email" label="E-mail" type="email" autoComplete="username" />
        <TextField name="password" label="Password" type="password" autoComplete="current-password" />
        <FormActions>
          <SubmitButton pendingLabel="Signing in…">Sign in</SubmitButton>
        </FormActions>
      </Form>
    ) : null}
    {hasLink ? <LinkForm values={values} errors={hasPassword ? undefined : errors} isOnly={!hasPassword} /> : null}
    {hasPassword || hasLink ? null : (
      <p>No way to sign in is on. An owner of this platform can open /sign-in?with=password and mend that.</p>
    )}
  </>
);

type LinkFormProps = Pick<Props, "values" | "errors"> & { isOnly: boolean };

/** Asks for a mail with a link. */
export const LinkForm = ({ values, errors, isOnly }: LinkFormProps) => {
  const form = (
    <Form action={signInPaths.askLink} hidden={{ next: values.next ?? "" }} values={values} errors={errors}>
      <TextField id="link-email" name="email" label="E-mail" type="email" autoComplete="username" />
      <FormActions>
        <SubmitButton variant={isOnly ? "primary" : "secondary"} pendingLabel="Sending…">
          Mail me a link
        </SubmitButton>
      </FormActions>
    </Form>
  );
  return isOnly ? form : <Section title="Or by mail">{form}</Section>;
};
