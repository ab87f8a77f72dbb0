import type { FormErrors } from "@homeport/kit/form.ts";
import { Form, FormActions, LinkButton, PageHeader, SubmitButton, TextField } from "@homeport/ui";
import type { ConfirmBy } from "../service/confirmation.ts";
import { CodeField } from "./code.page.tsx";
import { paths } from "./paths.ts";
import { signInPaths } from "./sign-in-paths.ts";

type Props = { email: string; by: ConfirmBy; hasLink: boolean; next: string; errors: FormErrors | undefined };

/** On the way to something dangerous that wants a proof of the last ten minutes. */
export const ConfirmIdentityPage = ({ email, by, hasLink, next, errors }: Props) => (
  <>
    <PageHeader title="Confirm that it is you" description={`You are signed in as ${email}.`} />
    {by === "sign-in" ? (
      <SignInAgain email={email} hasLink={hasLink} next={next} />
    ) : (
      <Form action={signInPaths.confirm} hidden={{ next }} errors={errors}>
        {by === "code" ? (
          <CodeField />
        ) : (
          <TextField name="password" label="Password" type="password" autoComplete="current-password" />
        )}
        <FormActions>
          <SubmitButton pendingLabel="Looking…">Go on</SubmitButton>
          <LinkButton href={next} variant="quiet">
            Back
          </LinkButton>
        </FormActions>
      </Form>
    )}
  </>
);

/** For who has neither a password nor a second factor: a new sign-in is the proof. */
const SignInAgain = ({ email, hasLink, next }: { email: string; hasLink: boolean; next: string }) =>
  hasLink ? (
    <Form action={signInPaths.askLink} hidden={{ next, email }}>
      <p>Sign in once more by a link in a mail. What you wanted to do comes after it.</p>
      <FormActions>
        <SubmitButton pendingLabel="Sending…">Mail me a link</SubmitButton>
      </FormActions>
    </Form>
  ) : (
    <div className="grid justify-items-start gap-5">
      <p>Your account has no password and no second factor. Sign in once more to go on.</p>
      <LinkButton href={`${paths.signIn}?next=${encodeURIComponent(next)}`}>Sign in</LinkButton>
    </div>
  );
