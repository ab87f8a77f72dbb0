import type { FormErrors } from "@homeport/kit/form.ts";
import type { MemberPrincipal } from "@homeport/kit/principal.ts";
import {
  Badge,
  Empty,
  Form,
  FormActions,
  FormColumn,
  InlineForm,
  OneTimeSecret,
  Pagination,
  RowActions,
  Section,
  SelectField,
  SubmitButton,
  Table,
  TextField,
  Time,
} from "@homeport/ui";
import type { Invite } from "../invite.ts";
import type { SentInvite } from "../service/invites.ts";
import { OrganisationFrame } from "./organisation-frame.tsx";
import { organisationPaths as paths } from "./organisation-paths.ts";
import type { PageLinks } from "./page-cursor.ts";
import { roleOptions } from "./role-options.ts";

type Props = {
  member: MemberPrincipal;
  invites: Invite[];
  links: PageLinks;
  isMailSetUp: boolean;
  /** One that was just made: its link is in this one answer, and stored nowhere. */
  sent?: SentInvite | undefined;
  values?: Record<string, string> | undefined;
  errors?: FormErrors | undefined;
};

export const InvitesPage = ({ member, invites, links, isMailSetUp, sent, values, errors }: Props) => (
  <OrganisationFrame tab="invites" member={member}>
    <Section title="Open invites" description="Each works once, for seven days.">
      {sent === undefined ? null : <Sent {...sent} />}
      <Table
        caption="Open invites"
        rows={invites}
        rowKey={({ id }) => id}
        empty={
          <Empty title="No open invites" cli="homeport invite create ada@example.com --role developer">
            Invite somebody below.
          </Empty>
        }
        columns={[
          { id: "email", header: "E-mail", cell: ({ email }) => email },
          { id: "role", header: "Role", cell: ({ role }) => <Badge>{role}</Badge> },
          { id: "teams", header: "Teams", cell: ({ teams }) => teams.join(", ") || "none" },
          { id: "by", header: "Invited by", cell: ({ invitedBy }) => invitedBy ?? "somebody who is gone" },
          { id: "expires", header: "Expires", cell: ({ expiresAt }) => <Expiry at={expiresAt} /> },
          {
            id: "actions",
            header: "Actions",
            hideHeader: true,
            align: "end",
            cell: ({ id }) => (
              <RowActions>
                <InlineForm action={paths.resendInvite(id)}>
                  <SubmitButton variant="secondary" size="sm" pendingLabel="Making…">
                    New link
                  </SubmitButton>
                </InlineForm>
                <InlineForm action={paths.revokeInvite(id)}>
                  <SubmitButton variant="danger-quiet" size="sm" pendingLabel="Revoking…">
                    Revoke
                  </SubmitButton>
                </InlineForm>
              </RowActions>
            ),
          },
        ]}
      />
      <Pagination label="Open invites" order="name" {...links} />
    </Section>
    <FormColumn>
      <Section
        id="new"
        title="Invite somebody"
        description={
          isMailSetUp
            ? "The link is mailed to them, and shown to you once."
            : "No mail server is set up here: you get a link to hand over yourself."
        }
      >
        <Form action={paths.invites} values={{ role: "developer", ...values }} errors={errors}>
          <TextField name="email" label="E-mail" type="email" autoComplete="off" maxLength={254} />
          <SelectField name="role" label="Role" options={roleOptions(member.role)} />
          <TextField
            name="teams"
            label="Teams"
            optional
            mono
            hint="Short names of teams that they will be in, with commas between them."
          />
          <FormActions>
            <SubmitButton pendingLabel="Inviting…">Invite</SubmitButton>
          </FormActions>
        </Form>
      </Section>
    </FormColumn>
  </OrganisationFrame>
);

const Sent = ({ invite, link, mailed }: SentInvite) => (
  <OneTimeSecret title="Copy the link now: it is not shown again." value={link} label="invite link">
    <p>
      {mailed
        ? `It is on its way to ${invite.email}, too.`
        : `Hand it to ${invite.email} yourself: nothing was mailed.`}
    </p>
  </OneTimeSecret>
);

const Expiry = ({ at }: { at: Date }) => (at <= new Date() ? <Badge tone="warning">expired</Badge> : <Time at={at} />);
