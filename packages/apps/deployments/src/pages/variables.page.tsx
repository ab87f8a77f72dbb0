import type { FormErrors } from "@homeport/kit/form.ts";
import {
  Empty,
  Form,
  FormActions,
  FormColumn,
  InlineForm,
  RowActions,
  Secret,
  Section,
  SubmitButton,
  Table,
  TextAreaField,
  TextField,
  Time,
} from "@homeport/ui";
import { AttachedGroups, type AttachedGroupsProps } from "./attached-groups.tsx";
import { paths } from "./paths.ts";
import { RevealButton } from "./secret-group.page.tsx";
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
      <Table
        caption="Variables"
        rows={variables}
        rowKey={(variable) => variable.name}
        empty={
          <Empty title="No variables yet" cli={`homeport env set --project ${projectSlug} --service ${slug} KEY=VALUE`}>
            Add one below. Values are stored encrypted and are not shown again.
          </Empty>
        }
        columns={[
          { id: "name", header: "Name", cell: (variable) => <code className="break-all">{variable.name}</code> },
          { id: "value", header: "Value", cell: () => <Secret />, nowrap: true },
          { id: "changed", header: "Changed", cell: (variable) => <Time at={variable.updatedAt} /> },
          {
            id: "remove",
            header: "Actions",
            hideHeader: true,
            align: "end",
            cell: (variable) => (
              <RowActions>
                <RevealButton
                  action={`${action}/reveal`}
                  label="Reveal"
                  what={variable.name}
                  name={variable.name}
                  disabledReason={view.reasonAgainst("secret:reveal")}
                />
                <InlineForm action={`${action}/unset`} hidden={{ name: variable.name }}>
                  <SubmitButton variant="danger-quiet" size="sm" pendingLabel="Removing…" disabledReason={writeReason}>
                    Remove
                  </SubmitButton>
                </InlineForm>
              </RowActions>
            ),
          },
        ]}
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
