import type { FormErrors } from "@homeport/kit/form.ts";
import type { HumanPrincipal } from "@homeport/kit/principal.ts";
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
  SubmitButton,
  Table,
  TextField,
} from "@homeport/ui";
import type { OwnOrganisation } from "../organisation.ts";
import { organisationPaths as paths } from "./organisation-paths.ts";
import type { PageLinks } from "./page-cursor.ts";

type Props = {
  member: HumanPrincipal;
  organisations: OwnOrganisation[];
  links: PageLinks;
  mayCreate: boolean;
  values: Record<string, string>;
  errors?: FormErrors | undefined;
};

/** Where one belongs, with the way to work in another one. */
export const OrganisationsPage = ({ member, organisations, links, mayCreate, values, errors }: Props) => (
  <>
    <PageHeader title="Your organisations" description="You work in one at a time." />
    <Table
      caption="Your organisations"
      rows={organisations}
      rowKey={({ id }) => id}
      empty={<Empty title="No more organisations">Go back to the first page.</Empty>}
      columns={[
        { id: "name", header: "Organisation", cell: ({ name }) => name },
        { id: "slug", header: "Short name", cell: ({ slug }) => <code>{slug}</code> },
        { id: "role", header: "Your role", cell: ({ role }) => <Badge>{role}</Badge> },
        {
          id: "switch",
          header: "Actions",
          hideHeader: true,
          align: "end",
          cell: ({ id, slug }) =>
            id === member.organisationId ? (
              <Badge tone="info">you work here</Badge>
            ) : (
              <RowActions>
                <InlineForm action={paths.switch} hidden={{ organisation: slug }}>
                  <SubmitButton variant="secondary" size="sm" pendingLabel="Switching…">
                    Switch
                  </SubmitButton>
                </InlineForm>
              </RowActions>
            ),
        },
      ]}
    />
    <Pagination label="Your organisations" order="name" {...links} />
    <FormColumn>
      <Section
        title="New organisation"
        description="With members, teams and projects of its own. You will own it, and work in it from then on."
      >
        <Form action={paths.mine} values={values} errors={errors}>
          <TextField name="slug" label="Short name" mono maxLength={40} hint="Lower-case letters, digits and dashes." />
          <TextField name="name" label="Name" optional maxLength={100} />
          <FormActions>
            <SubmitButton
              pendingLabel="Making…"
              disabledReason={mayCreate ? undefined : "Here only owners of the platform make organisations."}
            >
              Make the organisation
            </SubmitButton>
          </FormActions>
        </Form>
      </Section>
    </FormColumn>
  </>
);
