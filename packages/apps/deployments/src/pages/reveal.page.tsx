import type { Secret } from "@homeport/kit/secret.ts";
import { Alert, CodeBlock, type Crumb, Form, FormActions, LinkButton, PageHeader, SubmitButton } from "@homeport/ui";

type Props = { breadcrumbs: Crumb[]; backHref: string };

/** What a press on "Reveal" leads to where no script could ask. */
export const RevealQuestion = (props: Props & { action: string; name: string | undefined }) => (
  <>
    <PageHeader
      title={props.name === undefined ? "Reveal all values?" : `Reveal ${props.name}?`}
      breadcrumbs={props.breadcrumbs}
      description="The next page shows it once. The audit log will say that you asked."
    />
    <Form action={props.action} hidden={{ confirm: "yes", ...(props.name === undefined ? {} : { name: props.name }) }}>
      <FormActions>
        <SubmitButton variant="danger" pendingLabel="Revealing…">
          Reveal
        </SubmitButton>
        <LinkButton href={props.backHref} variant="quiet">
          Cancel
        </LinkButton>
      </FormActions>
    </Form>
  </>
);

/** The one page with values in it: the answer to a POST, which nothing keeps. */
export const RevealedPage = ({ breadcrumbs, backHref, values }: Props & { values: Record<string, Secret> }) => (
  <>
    <PageHeader
      title="Revealed values"
      breadcrumbs={breadcrumbs}
      actions={
        <LinkButton href={backHref} variant="primary">
          Done
        </LinkButton>
      }
    />
    <div className="grid gap-5">
      <Alert tone="warning" title="These values are shown once.">
        The audit log says that you asked for them.
      </Alert>
      {Object.entries(values).map(([name, value]) => (
        <section key={name} aria-label={name} className="grid gap-1.5">
          <code className="break-all font-medium">{name}</code>
          <CodeBlock code={value.reveal()} label={name} wrap />
        </section>
      ))}
    </div>
  </>
);
