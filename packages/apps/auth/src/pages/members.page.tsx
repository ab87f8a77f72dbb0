import type { FormErrors } from "@homeport/kit/form.ts";
import type { MemberPrincipal } from "@homeport/kit/principal.ts";
import {
  Badge,
  Empty,
  Form,
  FormActions,
  FormColumn,
  KeyValue,
  LinkButton,
  PageHeader,
  Pagination,
  Section,
  SelectField,
  SubmitButton,
  Table,
  Time,
} from "@homeport/ui";
import ConfirmButton from "@homeport/ui/confirm";
import type { Member } from "../person.ts";
import { mayManage } from "../role.ts";
import { adminReason, OrganisationFrame } from "./organisation-frame.tsx";
import { organisationPaths as paths } from "./organisation-paths.ts";
import type { PageLinks } from "./page-cursor.ts";
import { PersonCell } from "./person-cell.tsx";
import { roleOptions } from "./role-options.ts";

type ListProps = { member: MemberPrincipal; members: Member[]; links: PageLinks };

export const MembersPage = ({ member, members, links }: ListProps) => (
  <OrganisationFrame tab="members" member={member}>
    <Section
      title="Members"
      actions={
        <LinkButton href={`${paths.invites}#new`} variant="primary" disabledReason={adminReason(member)}>
          Invite somebody
        </LinkButton>
      }
    >
      <Table
        caption="Members"
        rows={members}
        rowKey={({ id }) => id}
        rowHref={({ id }) => paths.member(id)}
        empty={<Empty title="No more members">Go back to the first page.</Empty>}
        columns={[
          {
            id: "person",
            header: "Person",
            cell: (each) => <PersonCell id={each.id} name={each.name} email={each.email} />,
          },
          { id: "role", header: "Role", cell: ({ role }) => <Badge>{role}</Badge> },
          { id: "teams", header: "Teams", cell: ({ teams }) => teams.join(", ") || "none" },
          { id: "grants", header: "Own roles in projects", align: "end", cell: ({ grantCount }) => grantCount },
          { id: "joined", header: "Joined", cell: ({ joinedAt }) => <Time at={joinedAt} /> },
        ]}
      />
      <Pagination label="Members" order="name" {...links} />
    </Section>
  </OrganisationFrame>
);

type OneProps = { member: MemberPrincipal; found: Member; errors?: FormErrors | undefined };

export const MemberPage = ({ member, found, errors }: OneProps) => {
  const { id, name, email, role, teams, grantCount, joinedAt } = found;
  const reason =
    adminReason(member) ?? (mayManage(member.role, role) ? undefined : "Only an owner changes or removes an owner.");
  const options = roleOptions(member.role);
  return (
    <>
      <PageHeader title={name} breadcrumbs={[{ label: "Members", href: paths.members }, { label: name }]} />
      <KeyValue
        items={[
          { label: "E-mail", value: email },
          { label: "Role", value: <Badge>{role}</Badge> },
          { label: "Teams", value: teams.join(", ") || "none" },
          { label: "Own roles in projects", value: String(grantCount) },
          { label: "Joined", value: <Time at={joinedAt} /> },
        ]}
      />
      <FormColumn>
        <Section title="Role" description="It holds in the whole organisation; roles in projects come on top of it.">
          <Form action={paths.member(id)} values={{ role }} errors={errors}>
            <SelectField
              name="role"
              label="Role"
              options={
                options.some(({ value }) => value === role) ? options : [{ value: role, label: role }, ...options]
              }
            />
            <FormActions>
              <SubmitButton variant="secondary" pendingLabel="Saving…" disabledReason={reason}>
                Save
              </SubmitButton>
            </FormActions>
          </Form>
        </Section>
        <Section title="Remove" description="Their sessions and tokens in this organisation end at once.">
          <div>
            <ConfirmButton
              label="Remove from the organisation"
              action={paths.removeMember(id)}
              title={`Remove ${name}?`}
              body="Their sessions and tokens in this organisation end, and the invites that they sent."
              confirmLabel="Remove them"
              disabledReason={reason}
            />
          </div>
        </Section>
      </FormColumn>
    </>
  );
};
