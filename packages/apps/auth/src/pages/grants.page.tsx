import type { FormErrors } from "@homeport/kit/form.ts";
import type { MemberPrincipal } from "@homeport/kit/principal.ts";
import {
  Badge,
  Empty,
  Form,
  FormActions,
  FormColumn,
  InlineForm,
  PageHeader,
  Pagination,
  RowActions,
  Section,
  SelectField,
  SubmitButton,
  Table,
  TextField,
  Time,
} from "@homeport/ui";
import type { HeldGrant, Holder } from "../grant.ts";
import type { Environment, Project, ProjectWithGrants } from "../project.ts";
import { OrganisationFrame } from "./organisation-frame.tsx";
import { organisationPaths as paths } from "./organisation-paths.ts";
import type { PageLinks } from "./page-cursor.ts";
import { PersonCell } from "./person-cell.tsx";
import { projectRoleOptions } from "./role-options.ts";

type ListProps = { member: MemberPrincipal; projects: ProjectWithGrants[]; links: PageLinks };

export const ProjectsPage = ({ member, projects, links }: ListProps) => (
  <OrganisationFrame tab="projects" member={member}>
    <Section
      title="Roles in projects"
      description="What somebody may do in one project, on top of their role in the organisation."
    >
      <Table
        caption="Projects"
        rows={projects}
        rowKey={({ id }) => id}
        rowHref={({ slug }) => paths.project(slug)}
        empty={
          <Empty title="No projects here" cli="homeport deploy --project shop --service web">
            Roles in a project can be given once there is one.
          </Empty>
        }
        columns={[
          { id: "slug", header: "Project", cell: ({ slug }) => slug },
          { id: "grants", header: "Roles given", align: "end", cell: ({ grantCount }) => grantCount },
        ]}
      />
      <Pagination label="Projects" order="name" {...links} />
    </Section>
  </OrganisationFrame>
);

type OneProps = {
  project: Project;
  environments: Environment[];
  grants: HeldGrant[];
  links: PageLinks;
  values: Record<string, string>;
  errors?: FormErrors | undefined;
};

const KINDS = [
  { value: "person", label: "A person" },
  { value: "team", label: "A team" },
  { value: "service-account", label: "A service account" },
];
const KIND_WORDS = { team: "team", "service-account": "service account" };

export const GrantsPage = ({ project, environments, grants, links, values, errors }: OneProps) => (
  <>
    <PageHeader
      title={`Roles in ${project.slug}`}
      breadcrumbs={[{ label: "Projects", href: paths.projects }, { label: project.slug }]}
    />
    <Section title="Who has a role here" description="Roles in the organisation hold here too, and are not listed.">
      <Table
        caption="Roles in the project"
        rows={grants}
        rowKey={({ id }) => id}
        empty={
          <Empty
            title="No roles are given here yet"
            cli={`homeport grant set --project ${project.slug} --person ada@example.com --role developer`}
          >
            Give one below to a person, a team or a service account.
          </Empty>
        }
        columns={[
          { id: "who", header: "Who", cell: ({ who }) => <Who who={who} /> },
          { id: "role", header: "Role", cell: ({ role }) => <Badge>{role}</Badge> },
          { id: "where", header: "Where", cell: ({ environment }) => environment?.slug ?? "the whole project" },
          { id: "since", header: "Since", cell: ({ createdAt }) => <Time at={createdAt} /> },
          {
            id: "remove",
            header: "Actions",
            hideHeader: true,
            align: "end",
            cell: ({ id }) => (
              <RowActions>
                <InlineForm action={paths.removeGrant(project.slug, id)}>
                  <SubmitButton variant="danger-quiet" size="sm" pendingLabel="Taking back…">
                    Take back
                  </SubmitButton>
                </InlineForm>
              </RowActions>
            ),
          },
        ]}
      />
      <Pagination label="Roles in the project" order="name" {...links} />
    </Section>
    <FormColumn>
      <Section title="Give a role" description="Who has a role at that place gets the new one instead.">
        <Form action={paths.project(project.slug)} values={{ role: "developer", ...values }} errors={errors}>
          <SelectField name="kind" label="To" options={KINDS} />
          <TextField
            name="name"
            label="Who"
            maxLength={254}
            hint="A member's e-mail address, or the short name of a team or a service account."
          />
          <SelectField name="role" label="Role" options={projectRoleOptions} />
          <SelectField
            name="environment"
            label="Where"
            options={[
              { value: "", label: "In the whole project" },
              ...environments.map(({ slug }) => ({ value: slug, label: `Only in ${slug}` })),
            ]}
          />
          <FormActions>
            <SubmitButton pendingLabel="Giving…">Give the role</SubmitButton>
          </FormActions>
        </Form>
      </Section>
    </FormColumn>
  </>
);

/** People share names, and a team may be called like one of them. */
const Who = ({ who }: { who: Holder }) =>
  who.kind === "person" ? (
    <PersonCell id={who.id} name={who.name} email={who.email} />
  ) : (
    <span className="grid">
      <span>{who.name}</span>
      <span className="text-sm font-normal text-soft">{KIND_WORDS[who.kind]}</span>
    </span>
  );
