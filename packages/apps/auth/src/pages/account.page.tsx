import type { FormErrors } from "@homeport/kit/form.ts";
import type { MemberPrincipal } from "@homeport/kit/principal.ts";
import {
  Alert,
  Badge,
  CopyChip,
  Empty,
  Form,
  FormActions,
  InlineForm,
  KeyValue,
  PageHeader,
  Section,
  SelectField,
  SubmitButton,
  Table,
  TextField,
  Time,
} from "@homeport/ui";
import type { ApiToken } from "../api-token.ts";
import type { Session } from "../session.ts";
import { paths } from "./paths.ts";

type Props = {
  member: MemberPrincipal;
  platformUrl: string;
  tokens: ApiToken[];
  sessions: Session[];
  newToken?: string;
  errors?: FormErrors;
  values?: Record<string, string>;
};

const LIFETIMES = [
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "366", label: "1 year" },
];

/** Who you are, your API tokens, where you are signed in. */
export const AccountPage = ({ member, platformUrl, tokens, sessions, newToken, errors, values }: Props) => (
  <>
    <PageHeader title="Account" />
    <KeyValue
      items={[
        { label: "Name", value: member.name },
        { label: "E-mail", value: member.email },
        { label: "Organisation", value: member.organisationSlug },
        { label: "Role", value: <Badge>{member.role}</Badge> },
      ]}
    />
    <Section
      title="API tokens"
      description="A token acts as you: for the command line, docker login and scripts."
      id="tokens"
    >
      {newToken === undefined ? null : (
        <Alert tone="success" title="Copy the new token now: it is not shown again.">
          <CopyChip value={newToken} label="API token" />
        </Alert>
      )}
      <Table
        caption="API tokens"
        rows={tokens}
        rowKey={(token) => token.id}
        empty={
          <Empty title="No API tokens yet" cli={`homeport login --url ${platformUrl} --token "hp_…"`}>
            Make one below, then use it with the command line.
          </Empty>
        }
        columns={[
          { id: "name", header: "Name", cell: (token) => token.name },
          { id: "hint", header: "Token", cell: (token) => <code>{token.hint}</code> },
          {
            id: "used",
            header: "Last used",
            cell: (token) => (token.lastUsedAt === null ? "never" : <Time at={token.lastUsedAt} />),
          },
          {
            id: "expires",
            header: "Expires",
            cell: (token) => (token.expiresAt === null ? "never" : <Time at={token.expiresAt} />),
          },
          {
            id: "revoke",
            header: "Actions",
            hideHeader: true,
            align: "end",
            cell: (token) => (
              <InlineForm action={paths.revokeToken(token.id)}>
                <SubmitButton variant="quiet" pendingLabel="Revoking…">
                  Revoke
                </SubmitButton>
              </InlineForm>
            ),
          },
        ]}
      />
      <Form action={paths.tokens} values={{ expiresInDays: "90", ...values }} errors={errors}>
        <TextField name="name" label="New token for" hint="For example: laptop, deploy script" />
        <SelectField name="expiresInDays" label="Expires in" options={LIFETIMES} />
        <FormActions>
          <SubmitButton pendingLabel="Making…">Make a token</SubmitButton>
        </FormActions>
      </Form>
    </Section>
    <Section title="Sessions" description="Where you are signed in." id="sessions">
      <Table
        caption="Sessions"
        rows={sessions}
        rowKey={(session) => session.id}
        columns={[
          { id: "agent", header: "Browser", cell: (session) => session.userAgent || "unknown" },
          { id: "address", header: "Address", cell: (session) => session.address },
          { id: "seen", header: "Last seen", cell: (session) => <Time at={session.lastSeenAt} /> },
          {
            id: "revoke",
            header: "Actions",
            hideHeader: true,
            align: "end",
            cell: (session) =>
              member.kind === "person" && member.sessionId === session.id ? (
                <Badge tone="info">this one</Badge>
              ) : (
                <InlineForm action={paths.revokeSession(session.id)}>
                  <SubmitButton variant="quiet" pendingLabel="Signing out…">
                    Sign out
                  </SubmitButton>
                </InlineForm>
              ),
          },
        ]}
      />
      <InlineForm action={paths.revokeSessions}>
        <SubmitButton variant="secondary" pendingLabel="Signing out…">
          Sign out everywhere
        </SubmitButton>
      </InlineForm>
    </Section>
  </>
);
