import type { FormErrors } from "@homeport/kit/form.ts";
import {
  Form,
  FormActions,
  FormColumn,
  InlineForm,
  RowActions,
  Section,
  SelectField,
  SubmitButton,
  Table,
  TextField,
} from "@homeport/ui";
import type { Service } from "../service.ts";
import type { AttachedGroup } from "../store/secret-attachments.ts";
import { paths } from "./paths.ts";
import { textOfUse } from "./secret-users.tsx";

export type AttachedGroupsProps = {
  service: Service;
  attached: AttachedGroup[];
  /** Names of the project's groups that are not attached. */
  others: string[];
  values: Record<string, string>;
  errors?: FormErrors | undefined;
  writeReason: string | undefined;
};

/** The secret groups that a service gets with its next deployment. */
export const AttachedGroups = ({ service, attached, others, values, errors, writeReason }: AttachedGroupsProps) => {
  const { projectSlug, slug } = service;
  const action = paths.attachedGroups(projectSlug, slug);
  return (
    <Section
      title="Secret groups"
      description="Shared by services of the project. A variable of the service’s own wins over one of a group."
    >
      {attached.length === 0 ? null : (
        <Table
          caption="Attached secret groups"
          rows={attached}
          rowKey={(group) => group.groupId}
          columns={[
            {
              id: "group",
              header: "Group",
              cell: (group) => (
                <a href={paths.secretGroup(projectSlug, group.slug)} className="underline">
                  {group.slug}
                </a>
              ),
            },
            { id: "use", header: "As", cell: (group) => textOfUse(group.use) },
            {
              id: "names",
              header: "Items",
              cell: (group) => <code className="break-all text-sm">{group.names.join(", ")}</code>,
            },
            {
              id: "detach",
              header: "Actions",
              hideHeader: true,
              align: "end",
              cell: (group) => (
                <RowActions>
                  <InlineForm action={`${action}/detach`} hidden={{ group: group.slug }}>
                    <SubmitButton
                      variant="danger-quiet"
                      size="sm"
                      pendingLabel="Detaching…"
                      disabledReason={writeReason}
                    >
                      Detach
                    </SubmitButton>
                  </InlineForm>
                </RowActions>
              ),
            },
          ]}
        />
      )}
      {others.length === 0 ? (
        <p className="text-soft">
          {attached.length === 0 ? "The project has no secret groups. " : "Every group of the project is attached. "}
          <a href={paths.secrets(projectSlug)} className="underline">
            Secrets of {projectSlug}
          </a>
        </p>
      ) : (
        <FormColumn>
          <Section title="Attach a group">
            <Form action={action} values={values} errors={errors}>
              <SelectField name="group" label="Group" options={others.map((each) => ({ value: each, label: each }))} />
              <SelectField
                name="as"
                label="As"
                options={[
                  { value: "variables", label: "Variables" },
                  { value: "files", label: "Files" },
                ]}
              />
              <div className="[form:has(select[name=as]_option[value=files]:checked)_&]:hidden">
                <TextField
                  name="prefix"
                  label="Prefix of variables"
                  hint="DB_ makes PASSWORD the variable DB_PASSWORD."
                  optional
                  mono
                  autoComplete="off"
                />
              </div>
              <div className="[form:has(select[name=as]_option[value=variables]:checked)_&]:hidden">
                <TextField
                  name="directory"
                  label="Folder of files"
                  hint="/run/secrets/<group> unless you name another. The service sees the files there and nothing else."
                  optional
                  mono
                  autoComplete="off"
                />
              </div>
              <FormActions>
                <SubmitButton variant="secondary" pendingLabel="Attaching…" disabledReason={writeReason}>
                  Attach group
                </SubmitButton>
              </FormActions>
            </Form>
          </Section>
        </FormColumn>
      )}
    </Section>
  );
};
