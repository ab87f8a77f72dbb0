import type { FormErrors } from "@homeport/kit/form.ts";
import {
  Alert,
  Badge,
  Form,
  FormActions,
  FormColumn,
  KeyValue,
  LinkButton,
  PageHeader,
  Section,
  SubmitButton,
  Table,
  TextField,
} from "@homeport/ui";
import type { Account } from "../account.ts";
import { AccountFrame } from "./account-frame.tsx";
import { Avatar } from "./avatar.tsx";
import { organisationPaths } from "./organisation-paths.ts";
import { paths } from "./paths.ts";

/** What came of the form that was sent, and which one it was. */
export type ProfileForm = {
  form: "name" | "email";
  values: Record<string, string>;
  errors?: FormErrors;
  done?: string;
};

type Props = { account: Account; current: string; canMail: boolean; sent?: ProfileForm | undefined };

/** Who you are on this platform. */
export const ProfilePage = ({ account, current, canMail, sent }: Props) => {
  const of = (form: ProfileForm["form"]) => (sent?.form === form ? sent : undefined);
  return (
    <AccountFrame tab="profile">
      {sent?.done === undefined ? null : (
        <div className="mb-6 max-w-xl">
          <Alert tone="success" title={sent.done} />
        </div>
      )}
      <div className="mb-2 flex items-center gap-3.5">
        <Avatar id={account.id} name={account.name} />
        <div className="grid min-w-0">
          <span className="font-semibold wrap-anywhere">{account.name}</span>
          <span className="text-sm text-soft wrap-anywhere">{account.email}</span>
        </div>
        {account.instanceRole === null ? null : <Badge tone="info">{`platform ${account.instanceRole}`}</Badge>}
      </div>
      <FormColumn>
        <Section title="Name">
          <Form
            action={paths.account}
            values={{ name: account.name, ...of("name")?.values }}
            errors={of("name")?.errors}
          >
            <TextField name="name" label="Your name" maxLength={100} autoComplete="name" />
            <FormActions>
              <SubmitButton pendingLabel="Saving…">Save</SubmitButton>
            </FormActions>
          </Form>
        </Section>
        <Section
          title="E-mail address"
          description="You sign in with it. A new one is yours once you open the link that we send there."
        >
          <KeyValue
            items={[
              {
                label: "Now",
                value: (
                  <span className="inline-flex flex-wrap items-center gap-2">
                    {account.email}
                    <Badge tone={account.emailVerified ? "success" : "neutral"}>
                      {account.emailVerified ? "confirmed" : "not confirmed"}
                    </Badge>
                  </span>
                ),
              },
            ]}
          />
          <Form action={paths.accountEmail} values={of("email")?.values ?? {}} errors={of("email")?.errors}>
            <TextField name="email" label="New address" type="email" maxLength={254} autoComplete="email" />
            <FormActions>
              <SubmitButton
                variant="secondary"
                pendingLabel="Sending…"
                disabledReason={canMail ? undefined : "No mail server is set up here, so no link can be sent."}
              >
                Send the link
              </SubmitButton>
            </FormActions>
          </Form>
        </Section>
      </FormColumn>
      <Section
        title="Organisations"
        description="Where you belong, and what you may do there."
        actions={<LinkButton href={organisationPaths.mine}>Switch organisation</LinkButton>}
      >
        <Table
          caption="Organisations"
          rows={account.organisations}
          rowKey={({ id }) => id}
          columns={[
            { id: "name", header: "Organisation", cell: ({ name }) => name },
            { id: "slug", header: "Short name", cell: ({ slug }) => <code>{slug}</code> },
            { id: "role", header: "Role", cell: ({ role }) => <Badge>{role}</Badge> },
            {
              id: "current",
              header: "Current",
              hideHeader: true,
              align: "end",
              cell: ({ id }) => (id === current ? <Badge tone="info">you work here now</Badge> : null),
            },
          ]}
        />
      </Section>
      <Section
        title="Delete the account"
        description="With your sessions, your tokens, and your place in every organisation."
      >
        <div>
          <LinkButton href={paths.removeAccount} variant="danger-quiet">
            Delete the account
          </LinkButton>
        </div>
      </Section>
    </AccountFrame>
  );
};

/** Asks for the address, so that nobody goes by a slip. */
export const RemoveAccountPage = ({ email, errors }: { email: string; errors?: FormErrors | undefined }) => (
  <>
    <PageHeader
      title="Delete your account?"
      breadcrumbs={[{ label: "Account", href: paths.account }, { label: "Delete" }]}
      description="Your sessions, your API tokens and your place in every organisation are gone. Organisations without projects that nobody else is in go along. This cannot be undone."
    />
    <div className="max-w-xl">
      <Form action={paths.removeAccount} errors={errors}>
        <TextField
          name="confirm"
          label="Your e-mail address"
          hint={`Type ${email} to confirm.`}
          autoComplete="off"
          maxLength={254}
        />
        <FormActions>
          <SubmitButton variant="danger" pendingLabel="Deleting…">
            Delete the account
          </SubmitButton>
          <LinkButton href={paths.account}>Keep it</LinkButton>
        </FormActions>
      </Form>
    </div>
  </>
);

/** Behind the link of a mail: a button, because mail scanners open links. */
export const ConfirmEmailPage = ({ token, email }: { token: string; email: string }) => (
  <>
    <PageHeader title="Use this address?" />
    <Form action={paths.confirmEmailBy(token)}>
      <p>
        You sign in with <strong className="wrap-anywhere">{email}</strong> from then on.
      </p>
      <FormActions>
        <SubmitButton pendingLabel="Confirming…">Use this address</SubmitButton>
      </FormActions>
    </Form>
  </>
);

export const EmailConfirmedPage = ({ email }: { email: string }) => (
  <>
    <PageHeader title="That is your address now" />
    <div className="grid justify-items-start gap-5">
      <p>
        You sign in with <strong className="wrap-anywhere">{email}</strong> from now on.
      </p>
      <LinkButton href={paths.account}>Go to your account</LinkButton>
    </div>
  </>
);

export const LinkOverPage = () => (
  <>
    <PageHeader title="This link does not work any more" />
    <div className="grid justify-items-start gap-5">
      <p>Links like this one work once, for an hour. Ask for the change once more on your account page.</p>
      <LinkButton href={paths.account}>Go to your account</LinkButton>
    </div>
  </>
);
