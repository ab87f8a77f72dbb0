import type { FormErrors } from "@homeport/kit/form.ts";
import { Alert, Form, FormActions, InlineForm, LinkButton, PageHeader, SubmitButton, TextField } from "@homeport/ui";
import type { ShownInvite } from "../invite.ts";

type Props = {
  invite: ShownInvite;
  action: string;
  signedInAs: { personId: string; email: string } | null;
  signIn: string;
  /** Receives the POST that signs out and comes back here. */
  signOut: string;
  values: Record<string, string>;
  errors?: FormErrors | undefined;
};

/** Makes an account with the invite, or adds the organisation to the one that is signed in. */
export const AcceptInvitePage = (props: Props) => {
  const { organisationName, role, email } = props.invite;
  return (
    <>
      <PageHeader
        title={`Join ${organisationName}`}
        description={`You are invited to this organisation as ${role}, with the address ${email}.`}
      />
      <Ways {...props} />
    </>
  );
};

const Ways = ({ invite, action, signedInAs, signIn, signOut, values, errors }: Props) => {
  if (signedInAs !== null && signedInAs.personId !== invite.personId) {
    return (
      <Alert
        tone="warning"
        title={`You are signed in as ${signedInAs.email}; this invite is for ${invite.email}.`}
        actions={
          <InlineForm action={signOut}>
            <SubmitButton variant="secondary">Sign out</SubmitButton>
          </InlineForm>
        }
      />
    );
  }
  if (invite.personId === null) return <NewAccount {...{ action, values, errors }} />;
  if (signedInAs !== null) {
    return (
      <Form action={action} errors={errors}>
        <FormActions>
          <SubmitButton pendingLabel="Joining…">Join the organisation</SubmitButton>
        </FormActions>
      </Form>
    );
  }
  return (
    <div className="grid justify-items-start gap-5">
      <Alert tone="info" title={`This invite is for the account ${invite.email}.`}>
        Sign in to it first.
      </Alert>
      <LinkButton href={signIn} variant="primary">
        Sign in
      </LinkButton>
    </div>
  );
};

const NewAccount = ({ action, values, errors }: Pick<Props, "action" | "values" | "errors">) => (
  <Form action={action} values={values} errors={errors}>
    <TextField name="name" label="Your name" autoComplete="name" maxLength={100} />
    <TextField
      name="password"
      label="Password"
      hint="At least 8 characters; a few random words are better than one clever one."
      type="password"
      autoComplete="new-password"
      maxLength={200}
    />
    <FormActions>
      <SubmitButton pendingLabel="Joining…">Create the account and join</SubmitButton>
    </FormActions>
  </Form>
);

/** For a link that was used, revoked or left too long. */
export const EndedInvitePage = () => (
  <>
    <PageHeader title="This invite has ended" />
    <p>It was used, taken back, or is older than seven days. Ask who invited you for a new one.</p>
  </>
);
