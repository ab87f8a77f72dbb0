import type { FormErrors } from "@homeport/kit/form.ts";
import { Form, FormActions, PageHeader, SubmitButton, TextField } from "@homeport/ui";
import { isGate } from "../next-path.ts";
import { paths } from "./paths.ts";

type Props = { values: Record<string, string>; errors?: FormErrors | undefined };

/** Where it leads on to another host, the whole page has to go there: scripts that fetch pages cannot. */
export const SignInPage = ({ values, errors }: Props) => (
  <>
    <PageHeader title="Sign in" />
    <Form
      action={paths.signIn}
      hidden={{ next: values.next ?? "" }}
      values={values}
      errors={errors}
      data-hp-reload={isGate(values.next ?? "") ? "" : undefined}
    >
      <TextField name="email" label="E-mail" type="email" autoComplete="username" />
      <TextField name="password" label="Password" type="password" autoComplete="current-password" />
      <FormActions>
        <SubmitButton pendingLabel="Signing in…">Sign in</SubmitButton>
      </FormActions>
    </Form>
  </>
);
