import type { FormErrors } from "@homeport/kit/form.ts";
import { Form, FormActions, PageHeader, SubmitButton, TextField } from "@homeport/ui";
import { paths } from "./paths.ts";

type Props = { values: Record<string, string>; errors?: FormErrors | undefined };

export const SignInPage = ({ values, errors }: Props) => (
  <>
    <PageHeader title="Sign in" />
    <Form action={paths.signIn} hidden={{ next: values.next ?? "" }} values={values} errors={errors}>
      <TextField name="email" label="E-mail" type="email" autoComplete="username" />
      <TextField name="password" label="Password" type="password" autoComplete="current-password" />
      <FormActions>
        <SubmitButton pendingLabel="Signing in…">Sign in</SubmitButton>
      </FormActions>
    </Form>
  </>
);
