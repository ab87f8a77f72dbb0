import type { FormErrors } from "@homeport/kit/form.ts";
import {
  CommandLine,
  Form,
  FormActions,
  LinkButton,
  PageHeader,
  Section,
  SelectField,
  SubmitButton,
  TextField,
} from "@homeport/ui";
import type { Project } from "../project.ts";
import { paths } from "./paths.ts";

type Props = { project: Project; values: Record<string, string>; errors?: FormErrors | undefined };

/** A service from a git repository or an image; folders come from the command line. */
export const NewServicePage = ({ project, values, errors }: Props) => (
  <>
    <PageHeader
      title="New service"
      breadcrumbs={[
        { label: "Projects", href: paths.projects() },
        { label: project.slug, href: paths.project(project.slug) },
        { label: "New service" },
      ]}
    />
    <Form action={paths.newService(project.slug)} values={{ kind: "git", port: "8080", ...values }} errors={errors}>
      <TextField name="slug" label="Name" hint="Other services of the project reach it by this name." />
      <SelectField
        name="kind"
        label="Deploy from"
        options={[
          { value: "git", label: "A git repository" },
          { value: "image", label: "An image" },
        ]}
      />
      <TextField
        name="location"
        label="Repository URL or image"
        hint="For example https://example.com/shop/api.git, or nginx:1.27"
        mono
      />
      <TextField
        name="ref"
        label="Branch, tag or commit"
        hint="For a repository; its default branch unless given."
        optional
        mono
      />
      <TextField
        name="port"
        label="Port"
        hint="The service is told it in PORT and has to listen on it."
        inputMode="numeric"
      />
      <TextField
        name="healthPath"
        label="Health path"
        hint="Answers 2xx when the service is ready. Without one, an open port is enough."
        optional
        mono
      />
      <FormActions>
        <SubmitButton pendingLabel="Creating…">Create and deploy</SubmitButton>
        <LinkButton href={paths.project(project.slug)} variant="quiet">
          Cancel
        </LinkButton>
      </FormActions>
    </Form>
    <Section title="From a folder" description="The command line uploads a folder and builds it here.">
      <CommandLine command={`homeport deploy . --project ${project.slug} --service web`} />
    </Section>
  </>
);
