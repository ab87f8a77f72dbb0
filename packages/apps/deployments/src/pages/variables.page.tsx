import type { FormErrors } from "@homeport/kit/form.ts";
import {
  Empty,
  Form,
  FormActions,
  FormColumn,
  InlineForm,
  Section,
  SubmitButton,
  TextAreaField,
  TextField,
} from "@homeport/ui";
import { AttachedGroups, type AttachedGroupsProps } from "./attached-groups.tsx";
import { paths } from "./paths.ts";
import { SealedValues } from "./sealed-values.tsx";
import { ServiceFrame, type ServiceView } from "./service-frame.tsx";

type Props = {
  view: ServiceView;
  variables: { name: string; updatedAt: Date }[];
  values: Record<string, string>;
  errors?: FormErrors | undefined;
  groups: AttachedGroupsProps;
};

/** Names are shown, values never: they can be replaced, and told on purpose on a page of their own. */
export const VariablesPage = ({ view, variables, values, errors, groups }: Props) => {
  const { projectSlug, slug, currentReleaseId } = view.service;
  const action = paths.variables(projectSlug, slug);
  const writeReason = view.reasonAgainst("variable:write");
  return (
    <ServiceFrame view={view} tab="variables">
      <SealedValues
        caption="Variables"
        values={variables}
        action={action}
        writeReason={writeReason}
        revealReason={view.reasonAgainst("secret:reveal")}
        empty={
          <Empty title="No variables yet" cli={`homeport env set --project ${projectSlug} --service ${slug} KEY=VALUE`}>
            Add one below. Values are stored encrypted and are not shown again.
          </Empty>
        }
      />
      {currentReleaseId === null ? null : (
        <InlineForm action={`${paths.service(projectSlug, slug)}/apply`}>
          <SubmitButton
            variant="secondary"
            pendingLabel="Restarting…"
            disabledReason={view.reasonAgainst("deployment:create")}
          >
            Restart with these variables
          </SubmitButton>
        </InlineForm>
      )}
      <FormColumn>
        <Section
          title="Set a variable"
          description="A name that exists gets the new value. It is used from the next deployment on."
        >
          <Form action={action} values={values} errors={errors} guard>
            <TextField name="name" label="Name" mono autoComplete="off" />
            <TextAreaField name="value" label="Value" mono rows={3} optional spellCheck={false} />
            <FormActions>
              <SubmitButton pendingLabel="Saving…" disabledReason={writeReason}>
                Save variable
              </SubmitButton>
            </FormActions>
          </Form>
        </Section>
      </FormColumn>
      <AttachedGroups {...groups} />
    </ServiceFrame>
  );
};
