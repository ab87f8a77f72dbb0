import type { FormErrors } from "@homeport/kit/form.ts";
import { Alert, Form, FormActions, LinkButton, PageHeader, SubmitButton } from "@homeport/ui";
import type { ReactNode } from "react";
import { paths } from "./paths.ts";
import { LinkForm, reloadFor } from "./sign-in.page.tsx";

export const AskLinkPage = ({ values, errors }: { values: Record<string, string>; errors: FormErrors }) => (
  <>
    <PageHeader title="Sign in by mail" />
    <LinkForm values={values} errors={errors} isOnly />
  </>
);

/** The same whether or not a mail was sent. */
export const LinkSentPage = ({ email, isOn }: { email: string; isOn: boolean }) => (
  <>
    <PageHeader title={isOn ? "Look at your mail" : "Mail is not set up here"} />
    {isOn ? (
      <p>If {email} can sign in here, a link is on its way there. It works for a quarter of an hour, and once.</p>
    ) : (
      <p>No link can be sent: no mail server is set up, or links are off. Ask those who run this platform.</p>
    )}
    <p className="mt-5">
      <a href={paths.signIn} className="underline">
        Back to signing in
      </a>
    </p>
  </>
);

type LinkPageProps = { email: string; next: string; action: string; isFirstProof: boolean };

/** Behind the link of a mail. It takes a press, because scanners of mail open links, and would use this one up. */
export const LinkPage = ({ email, next, action, isFirstProof }: LinkPageProps) => (
  <>
    <PageHeader title="Sign in" description={`As ${email}.`} />
    <Form action={action} {...reloadFor(next)}>
      {isFirstProof ? (
        <Alert tone="warning" title="This shows for the first time that the address is yours.">
          To be safe, what opened the account before ends: its password, API tokens and sessions. To keep them, sign in
          with the password first and open this link then.
        </Alert>
      ) : null}
      <FormActions>
        <SubmitButton pendingLabel="Signing in…">Sign in</SubmitButton>
      </FormActions>
    </Form>
  </>
);

export const LinkRefusedPage = ({ title, children }: { title: string; children: ReactNode }) => (
  <>
    <PageHeader title={title} />
    <div className="grid justify-items-start gap-5">
      <p>{children}</p>
      <LinkButton href={paths.signIn}>Back to signing in</LinkButton>
    </div>
  </>
);
