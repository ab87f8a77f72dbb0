import type { FormErrors } from "@homeport/kit/form.ts";
import {
  Card,
  CardGrid,
  Empty,
  Form,
  FormActions,
  LinkButton,
  PageHeader,
  SubmitButton,
  TextField,
  Time,
} from "@homeport/ui";
import type { ListedProject } from "../project.ts";
import { paths } from "./paths.ts";

type Props = {
  projects: ListedProject[];
  next: string | null;
  /** Why the caller may not make a project. */
  createReason: string | undefined;
  /** Nobody gave the caller a role, so that they see none of the projects there may be. */
  hasNoRole: boolean;
};

export const ProjectsPage = ({ projects, next, createReason, hasNoRole }: Props) => (
  <>
    <PageHeader
      title="Projects"
      description="A project holds services that belong together and reach each other by name."
      actions={
        <LinkButton href={paths.newProject()} variant="primary" disabledReason={createReason}>
          New project
        </LinkButton>
      }
    />
    {projects.length === 0 ? (
      <NoProjects createReason={createReason} hasNoRole={hasNoRole} />
    ) : (
      <CardGrid>
        {projects.map((project) => (
          <Card key={project.id} href={paths.project(project.slug)} title={project.slug}>
            {project.serviceCount === 1 ? "1 service" : `${project.serviceCount} services`}, created{" "}
            <Time at={project.createdAt} />
          </Card>
        ))}
      </CardGrid>
    )}
    {next === null ? null : <a href={`?after=${next}`}>More projects</a>}
  </>
);

const NoProjects = ({ createReason, hasNoRole }: Pick<Props, "createReason" | "hasNoRole">) => {
  if (hasNoRole) return <Empty title="You have no role in any project yet">Ask an owner or admin.</Empty>;
  if (createReason !== undefined)
    return <Empty title="No projects yet">Owners, admins and developers create them.</Empty>;
  return (
    <Empty
      title="No projects yet"
      action={
        <LinkButton href={paths.newProject()} variant="primary">
          Create the first project
        </LinkButton>
      }
      cli="homeport deploy --project shop --service web"
    >
      Create one here, or let the command line create it with the first deployment.
    </Empty>
  );
};

export const NewProjectPage = ({
  values,
  errors,
}: {
  values: Record<string, string>;
  errors?: FormErrors | undefined;
}) => (
  <>
    <PageHeader title="New project" breadcrumbs={[{ label: "Projects", href: paths.projects() }, { label: "New" }]} />
    <Form action={paths.newProject()} values={values} errors={errors}>
      <TextField
        name="slug"
        label="Name"
        hint="Lower-case letters, digits and dashes. It is part of the addresses of its services."
      />
      <FormActions>
        <SubmitButton pendingLabel="Creating…">Create project</SubmitButton>
        <LinkButton href={paths.projects()} variant="quiet">
          Cancel
        </LinkButton>
      </FormActions>
    </Form>
  </>
);
