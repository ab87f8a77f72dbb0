import {
  Button,
  Card,
  CheckboxField,
  type FieldErrors,
  Form,
  FormActions,
  LinkButton,
  PageHeader,
  SelectField,
  SubmitButton,
  TextAreaField,
  TextField,
} from "@homeport/ui";
import type { ReactNode } from "react";

export function FormsPage({ errors, name = "" }: { errors?: FieldErrors; name?: string }): ReactNode {
  return (
    <>
      <PageHeader
        title="New service"
        breadcrumbs={[{ label: "Projects", href: "/" }, { label: "shop", href: "/" }, { label: "New service" }]}
      />
      <div className="grid max-w-2xl gap-6">
        <Card>
          <Form action="/forms" values={{ name, memory: "512" }} errors={errors} hidden={{ project: "shop" }} guard>
            <TextField
              name="name"
              label="Name"
              hint="Becomes part of the host name. Lower case letters, digits and dashes."
              autoComplete="off"
              mono
            />
            <TextField
              name="url"
              label="Repository"
              prefix="https://"
              placeholder="git.example.org/shop/api"
              optional
            />
            <div className="grid gap-5 sm:grid-cols-2">
              <SelectField
                name="preset"
                label="Preset"
                options={[
                  { value: "", label: "Detect from the files" },
                  { value: "bun", label: "Bun" },
                  { value: "node", label: "Node" },
                  { value: "dockerfile", label: "Dockerfile" },
                ]}
              />
              <TextField name="memory" label="Memory" suffix="MiB" inputMode="numeric" />
            </div>
            <TextAreaField name="env" label="Variables" hint="One NAME=value per line." optional mono rows={3} />
            <CheckboxField
              name="deploy"
              label="Deploy right away"
              hint="Otherwise the service waits for its first deployment."
              defaultChecked
            />
            <FormActions>
              <SubmitButton pendingLabel="Creating…">Create service</SubmitButton>
              <LinkButton href="/" variant="quiet">
                Cancel
              </LinkButton>
            </FormActions>
          </Form>
        </Card>
        <form action="/search" method="get" className="flex flex-wrap items-end gap-2">
          <div className="min-w-48 flex-1">
            <TextField name="q" label="Search services" optional />
          </div>
          <Button type="submit">Search</Button>
        </form>
      </div>
    </>
  );
}

export function SignInPage({ error }: { error?: string }): ReactNode {
  return (
    <>
      <h1 className="mb-5 text-xl font-semibold tracking-tight">Sign in</h1>
      <Form action="/sign-in" errors={error === undefined ? undefined : { form: error }}>
        <TextField name="email" type="email" label="E-mail" autoComplete="username" />
        <TextField name="password" type="password" label="Password" autoComplete="current-password" />
        <SubmitButton pendingLabel="Signing in…">Sign in</SubmitButton>
      </Form>
    </>
  );
}
