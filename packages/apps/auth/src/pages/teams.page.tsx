import type { FormErrors } from "@homeport/kit/form.ts";
import type { MemberPrincipal } from "@homeport/kit/principal.ts";
import {
  counted,
  Empty,
  Form,
  FormActions,
  FormColumn,
  InlineForm,
  PageHeader,
  Pagination,
  RowActions,
  Section,
  SubmitButton,
  Table,
  TextField,
  Time,
} from "@homeport/ui";
import ConfirmButton from "@homeport/ui/confirm";
import type { Team, TeamMember } from "../team.ts";
import { adminReason, OrganisationFrame } from "./organisation-frame.tsx";
import { organisationPaths as paths } from "./organisation-paths.ts";
import type { PageLinks } from "./page-cursor.ts";
import { PersonCell } from "./person-cell.tsx";

type ListProps = {
  member: MemberPrincipal;
  teams: Team[];
  links: PageLinks;
  values: Record<string, string>;
  errors?: FormErrors | undefined;
};

export const TeamsPage = ({ member, teams, links, values, errors }: ListProps) => (
  <OrganisationFrame tab="teams" member={member}>
    <Section title="Teams" description="Members who are given roles in projects together.">
      <Table
        caption="Teams"
        rows={teams}
        rowKey={({ id }) => id}
        rowHref={({ slug }) => paths.team(slug)}
        empty={
          <Empty title="No teams yet" cli="homeport team create backend">
            Make one below, put members into it, and give it roles in projects.
          </Empty>
        }
        columns={[
          { id: "slug", header: "Team", cell: ({ slug }) => slug },
          { id: "name", header: "Name", cell: ({ name }) => name },
          { id: "members", header: "Members", align: "end", cell: ({ memberCount }) => memberCount },
          { id: "grants", header: "Roles in projects", align: "end", cell: ({ grantCount }) => grantCount },
          { id: "created", header: "Since", cell: ({ createdAt }) => <Time at={createdAt} /> },
        ]}
      />
      <Pagination label="Teams" order="name" {...links} />
    </Section>
    <FormColumn>
      <Section title="New team" id="new">
        <Form action={paths.teams} values={values} errors={errors}>
          <TextField name="slug" label="Short name" mono maxLength={40} hint="Lower-case letters, digits and dashes." />
          <TextField name="name" label="Name" optional maxLength={100} />
          <FormActions>
            <SubmitButton pendingLabel="Making…" disabledReason={adminReason(member)}>
              Make the team
            </SubmitButton>
          </FormActions>
        </Form>
      </Section>
    </FormColumn>
  </OrganisationFrame>
);

type OneProps = {
  member: MemberPrincipal;
  team: Team;
  members: TeamMember[];
  links: PageLinks;
  again?: { form: "name" | "member"; values: Record<string, string>; errors: FormErrors } | undefined;
};

export const TeamPage = ({ member, team, members, links, again }: OneProps) => {
  const reason = adminReason(member);
  const { slug, name } = team;
  const formOf = (form: "name" | "member", values: Record<string, string>) =>
    again?.form === form ? { values: again.values, errors: again.errors } : { values };
  return (
    <>
      <PageHeader
        title={name}
        description={`${counted(team.memberCount, "member")}, ${counted(team.grantCount, "role")} in projects`}
        breadcrumbs={[{ label: "Teams", href: paths.teams }, { label: slug }]}
      />
      <Section title="Members">
        <Table
          caption="Members of the team"
          rows={members}
          rowKey={({ id }) => id}
          empty={
            <Empty title="Nobody is in this team yet" cli={`homeport team add ${slug} ada@example.com`}>
              Add members of the organisation below.
            </Empty>
          }
          columns={[
            {
              id: "person",
              header: "Person",
              cell: (each) => <PersonCell id={each.id} name={each.name} email={each.email} />,
            },
            {
              id: "remove",
              header: "Actions",
              hideHeader: true,
              align: "end",
              cell: ({ id }) => (
                <RowActions>
                  <InlineForm action={paths.removeTeamMember(slug, id)}>
                    <SubmitButton variant="danger-quiet" size="sm" pendingLabel="Removing…" disabledReason={reason}>
                      Take out
                    </SubmitButton>
                  </InlineForm>
                </RowActions>
              ),
            },
          ]}
        />
        <Pagination label="Members of the team" order="name" {...links} />
      </Section>
      <FormColumn>
        <Section title="Add somebody">
          <Form action={paths.team(slug)} {...formOf("member", {})}>
            <TextField name="person" label="E-mail address of a member" type="email" maxLength={254} />
            <FormActions>
              <SubmitButton pendingLabel="Adding…" disabledReason={reason}>
                Add to the team
              </SubmitButton>
            </FormActions>
          </Form>
        </Section>
        <Section title="Name">
          <Form action={paths.renameTeam(slug)} {...formOf("name", { name })}>
            <TextField name="name" label="Name" maxLength={100} />
            <FormActions>
              <SubmitButton variant="secondary" pendingLabel="Saving…" disabledReason={reason}>
                Rename
              </SubmitButton>
            </FormActions>
          </Form>
        </Section>
        <Section title="Remove">
          <div>
            <ConfirmButton
              label="Remove the team"
              action={paths.removeTeam(slug)}
              title={`Remove the team ${name}?`}
              body="Its members stay in the organisation, and lose what the team was given in projects."
              confirmLabel="Remove the team"
              disabledReason={reason}
            />
          </div>
        </Section>
      </FormColumn>
    </>
  );
};
