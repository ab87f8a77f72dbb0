import type { FormErrors } from "@homeport/kit/form.ts";
import { Form, FormActions, PageHeader, SubmitButton, TextField } from "@homeport/ui";
import { reloadFor } from "./sign-in.page.tsx";
import { signInPaths } from "./sign-in-paths.ts";

/** The second step of signing in. */
export const CodePage = ({ next, errors }: { next: string; errors: FormErrors | undefined }) => (
  <>
    <PageHeader title="One more step" />
    <Form action={signInPaths.code} hidden={{ next }} errors={errors} {...reloadFor(next)}>
      <CodeField />
      <FormActions>
        <SubmitButton pendingLabel="Signing in…">Sign in</SubmitButton>
      </FormActions>
    </Form>
  </>
);

export const CodeField = () => (
  <TextField
    name="code"
    label="Code"
    hint="Six digits of your authenticator app, or one of your recovery codes."
    autoComplete="one-time-code"
    maxLength={40}
    mono
  />
);
