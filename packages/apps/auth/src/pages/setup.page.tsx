import type { FormErrors } from "@homeport/kit/form.ts";
import { Form, FormActions, PageHeader, SubmitButton, TextField } from "@homeport/ui";
import { paths } from "./paths.ts";

type Props = { values: Record<string, string>; errors?: FormErrors | undefined };

/** The first page of a new platform: whoever has the token from the server becomes its owner. */
export const SetupPage = ({ values, errors }: Props) => (
  <>
    <PageHeader title="Welcome to Homeport" description="Create the first account. It owns this platform." />
    <Form action={paths.setup} values={values} errors={errors}>
      <TextField
        name="token"
        label="Setup token"
        hint="It was printed when Homeport started, and is in the file setup-token in the data folder."
        mono
        autoComplete="off"
      />
      <TextField name="name" label="Your name" autoComplete="name" />
      <TextField name="email" label="E-mail" type="email" autoComplete="email" />
      <TextField
        name="password"
        label="Password"
        hint="At least 8 characters; a few random words are better than one clever one."
        type="password"
        autoComplete="new-password"
      />
      <FormActions>
        <SubmitButton pendingLabel="Creating…">Create the account</SubmitButton>
      </FormActions>
    </Form>
  </>
);
