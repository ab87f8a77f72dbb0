import type { FormErrors } from "@homeport/kit/form.ts";
import { Form, FormActions, Section, SelectField, SubmitButton, TextField } from "@homeport/ui";
import ConfirmButton from "@homeport/ui/confirm";
import { paths } from "./paths.ts";
import { ServiceFrame, type ServiceView } from "./service-frame.tsx";

type Props = { view: ServiceView; values: Record<string, string>; errors?: FormErrors | undefined };

const PRESETS = [
  { value: "", label: "Detect" },
  { value: "bun", label: "Bun" },
  { value: "node", label: "Node.js" },
  { value: "deno", label: "Deno" },
  { value: "python", label: "Python" },
  { value: "go", label: "Go" },
  { value: "rust", label: "Rust" },
  { value: "php", label: "PHP" },
  { value: "ruby", label: "Ruby" },
  { value: "java", label: "Java" },
  { value: "static", label: "Static files" },
  { value: "dockerfile", label: "Dockerfile" },
];

export const SettingsPage = ({ view, values, errors }: Props) => {
  const { projectSlug, slug, source } = view.service;
  return (
    <ServiceFrame view={view} tab="settings">
      <Section title="How it is built and run" description="The next deployment uses it; what is live stays as it is.">
        <Form action={paths.settings(projectSlug, slug)} values={values} errors={errors} guard>
          {source.kind === "upload" ? null : (
            <TextField name="location" label={source.kind === "git" ? "Repository URL" : "Image"} mono />
          )}
          {source.kind === "git" ? <TextField name="ref" label="Branch, tag or commit" optional mono /> : null}
          <TextField name="port" label="Port" inputMode="numeric" />
          <TextField name="healthPath" label="Health path" hint="Without one, an open port is enough." optional mono />
          <SelectField name="preset" label="Preset" options={PRESETS} />
          <TextField name="buildCommand" label="Build command" optional mono />
          <TextField name="startCommand" label="Start command" optional mono />
          <TextField name="memoryMiB" label="Memory limit" suffix="MiB" optional inputMode="numeric" />
          <FormActions>
            <SubmitButton pendingLabel="Saving…">Save settings</SubmitButton>
          </FormActions>
        </Form>
      </Section>
      <Section
        title="Remove this service"
        description="It stops, and its releases and variables are gone. This cannot be undone."
      >
        <ConfirmButton
          label="Remove service"
          action={`${paths.service(projectSlug, slug)}/remove`}
          title={`Remove ${slug}?`}
          body="It stops at once. Releases, variables and deployments are deleted. This cannot be undone."
          confirmLabel="Remove service"
          typed={slug}
          disabledReason={view.reasonAgainst("service:remove")}
        />
      </Section>
    </ServiceFrame>
  );
};
