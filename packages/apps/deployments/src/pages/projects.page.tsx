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

export const ProjectsPage = ({ projects, next }: { projects: ListedProject[]; next: string | null }) => (
  <>
    <PageHeader
      title="Projects"
      description="A project holds services that belong together and reach each other by name."
      actions={
        <LinkButton href={paths.newProject()} variant="primary">
          New project
        </LinkButton>
      }
    />
    {projects.length === 0 ? (
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
