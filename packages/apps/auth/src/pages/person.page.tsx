import type { FormErrors } from "@homeport/kit/form.ts";
import {
  Badge,
  Form,
  FormActions,
  FormColumn,
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
import ConfirmButton from "@homeport/ui/confirm";
import type { PlatformPerson } from "../account.ts";
import { paths } from "./paths.ts";
import { PersonBadges } from "./people.page.tsx";
import { OWNERS_ONLY } from "./platform-frame.tsx";

type Props = {
  person: PlatformPerson & { sessionCount: number; tokenCount: number };
  /** Whether this is who looks. */
  isSelf: boolean;
  mayChange: boolean;
  errors?: FormErrors | undefined;
};

const NO_ROLE = "none";
const ROLES = [
  { value: NO_ROLE, label: "None" },
  { value: "operator", label: "Operator: sees to nodes, gateway and sign-in" },
  { value: "owner", label: "Owner: everything on the platform" },
];

/** Somebody, for who runs the platform. */
export const PersonPage = ({ person, isSelf, mayChange, errors }: Props) => {
  const reason = mayChange ? undefined : OWNERS_ONLY;
  return (
    <>
      <PageHeader
        title={person.name}
        breadcrumbs={[{ label: "People", href: paths.people }, { label: person.email }]}
        status={<PersonBadges person={person} />}
      />
      <KeyValue
        items={[
          { label: "E-mail", value: `${person.email}${person.emailVerified ? "" : " (not confirmed)"}` },
          { label: "Since", value: <Time at={person.createdAt} /> },
          {
            label: "Last seen",
            value: person.lastSeenAt === null ? "no session now" : <Time at={person.lastSeenAt} />,
          },
          { label: "Password", value: person.hasPassword ? "has one" : "has none" },
          { label: "Second factor", value: person.hasAuthenticator ? "on" : "off" },
          { label: "Sessions", value: String(person.sessionCount) },
          { label: "API tokens", value: String(person.tokenCount) },
        ]}
      />
      <Section title="Organisations">
        <Table
          caption="Organisations"
          rows={person.organisations}
          rowKey={({ id }) => id}
          rowHref={({ slug }) => paths.platformOrganisation(slug)}
          empty={<p className="text-soft">None: they cannot sign in until an organisation invites them.</p>}
          columns={[
            { id: "slug", header: "Organisation", cell: ({ slug }) => slug },
            { id: "name", header: "Name", cell: ({ name }) => name },
            { id: "role", header: "Role", cell: ({ role }) => <Badge>{role}</Badge> },
          ]}
        />
      </Section>
      <FormColumn>
        <Section title="Role on the platform" description="It opens no organisation: those have roles of their own.">
          <Form
            action={paths.setInstanceRole(person.id)}
            values={{ role: person.instanceRole ?? NO_ROLE }}
            errors={errors}
          >
            <SelectField name="role" label="Role" options={ROLES} />
            <FormActions>
              <SubmitButton variant="secondary" pendingLabel="Saving…" disabledReason={reason}>
                Set the role
              </SubmitButton>
            </FormActions>
          </Form>
        </Section>
        <Suspension person={person} reason={isSelf ? "You cannot suspend yourself." : reason} />
        <Section title="Sessions and second factor">
          <div className="flex flex-wrap gap-2.5">
            <InlineForm action={paths.signPersonOut(person.id)}>
              <SubmitButton
                variant="secondary"
                pendingLabel="Signing out…"
                disabledReason={reason ?? (person.sessionCount === 0 ? "They are signed in nowhere." : undefined)}
              >
                Sign them out everywhere
              </SubmitButton>
            </InlineForm>
            <ConfirmButton
              label="Remove the second factor"
              action={paths.resetSecondFactor(person.id)}
              title={`Remove the second factor of ${person.email}?`}
              body="For somebody who lost it: they sign in without it until they set up another. They are told by mail."
              confirmLabel="Remove it"
              disabledReason={reason ?? (person.hasAuthenticator ? undefined : "They have none.")}
            />
          </div>
        </Section>
        <Section title="Remove the account" description="With their sessions, tokens and places in organisations.">
          <div>
            <ConfirmButton
              label="Remove the account"
              action={paths.removePerson(person.id)}
              title={`Remove the account of ${person.email}?`}
              body="Everything that is theirs is gone, and organisations without projects that nobody else is in go along. This cannot be undone."
              confirmLabel="Remove the account"
              typed={person.email}
              disabledReason={reason}
            />
          </div>
        </Section>
      </FormColumn>
    </>
  );
};

const Suspension = ({ person, reason }: { person: PlatformPerson; reason: string | undefined }) =>
  person.suspendedAt === null ? (
    <Section title="Suspend" description="Their sessions end, and no token of theirs works until they are resumed.">
      <Form action={paths.suspendPerson(person.id)}>
        <TextField name="reason" label="Why" optional maxLength={300} hint="Kept in the audit log." />
        <FormActions>
          <SubmitButton variant="danger-quiet" pendingLabel="Suspending…" disabledReason={reason}>
            Suspend
          </SubmitButton>
        </FormActions>
      </Form>
    </Section>
  ) : (
    <Section title="Suspended">
      <p>
        Since <Time at={person.suspendedAt} />.
      </p>
      <div>
        <InlineForm action={paths.resumePerson(person.id)}>
          <SubmitButton variant="secondary" pendingLabel="Resuming…" disabledReason={reason}>
            Let them back in
          </SubmitButton>
        </InlineForm>
      </div>
    </Section>
  );
