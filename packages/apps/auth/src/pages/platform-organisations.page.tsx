import type { FormErrors } from "@homeport/kit/form.ts";
import {
  Empty,
  Form,
  FormActions,
  FormColumn,
  KeyValue,
  PageHeader,
  Pagination,
  Section,
  SubmitButton,
  Table,
  TextField,
  Time,
} from "@homeport/ui";
import ConfirmButton from "@homeport/ui/confirm";
import type { PlatformOrganisation } from "../platform-organisation.ts";
import { paths } from "./paths.ts";
import { OWNERS_ONLY, PlatformFrame } from "./platform-frame.tsx";

type ListProps = {
  organisations: PlatformOrganisation[];
  firstHref?: string | undefined;
  nextHref?: string | undefined;
};

/** Every organisation of the platform. */
export const PlatformOrganisationsPage = ({ organisations, firstHref, nextHref }: ListProps) => (
  <PlatformFrame
    tab="organisations"
    title="Organisations"
    description="Every organisation of this platform. What is in one is its own people's."
  >
    <Table
      caption="Organisations"
      rows={organisations}
      rowKey={({ id }) => id}
      rowHref={({ slug }) => paths.platformOrganisation(slug)}
      empty={<Empty title="No organisations on this page">Go back to the first page.</Empty>}
      columns={[
        { id: "slug", header: "Organisation", cell: ({ slug }) => slug },
        { id: "name", header: "Name", cell: ({ name }) => name },
        { id: "members", header: "Members", align: "end", cell: ({ memberCount }) => memberCount },
        { id: "projects", header: "Projects", align: "end", cell: ({ projectCount }) => projectCount },
        { id: "created", header: "Since", cell: ({ createdAt }) => <Time at={createdAt} /> },
      ]}
    />
    <Pagination label="Pages of organisations" order="name" previousHref={firstHref} nextHref={nextHref} />
  </PlatformFrame>
);

type Props = { organisation: PlatformOrganisation; mayChange: boolean; errors?: FormErrors | undefined };

export const PlatformOrganisationPage = ({ organisation, mayChange, errors }: Props) => {
  const { slug, name, memberCount, projectCount, createdAt } = organisation;
  const reason = mayChange ? undefined : OWNERS_ONLY;
  return (
    <>
      <PageHeader
        title={name}
        breadcrumbs={[{ label: "Organisations", href: paths.platformOrganisations }, { label: slug }]}
      />
      <KeyValue
        items={[
          { label: "Short name", value: <code>{slug}</code> },
          { label: "Members", value: String(memberCount) },
          { label: "Projects", value: String(projectCount) },
          { label: "Since", value: <Time at={createdAt} /> },
        ]}
      />
      <FormColumn>
        <Section title="Name">
          <Form action={paths.platformOrganisation(slug)} values={{ name }} errors={errors}>
            <TextField name="name" label="Name" maxLength={100} />
            <FormActions>
              <SubmitButton variant="secondary" pendingLabel="Saving…" disabledReason={reason}>
                Rename
              </SubmitButton>
            </FormActions>
          </Form>
        </Section>
        <Section
          title="Remove"
          description="Its members, teams, service accounts and tokens go. The people stay people of the platform."
        >
          <div>
            <ConfirmButton
              label="Remove the organisation"
              action={paths.closeOrganisation(slug)}
              title={`Remove ${slug}?`}
              body="Members who are in no other organisation cannot sign in until one invites them. This cannot be undone."
              confirmLabel="Remove the organisation"
              typed={slug}
              disabledReason={
                reason ?? (projectCount > 0 ? "It has projects. They have to be removed first." : undefined)
              }
            />
          </div>
        </Section>
      </FormColumn>
    </>
  );
};
