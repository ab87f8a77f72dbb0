import type { FormErrors } from "@homeport/kit/form.ts";
import type { MemberPrincipal } from "@homeport/kit/principal.ts";
import {
  Badge,
  Empty,
  Form,
  FormActions,
  FormColumn,
  Pagination,
  Section,
  SelectField,
  SubmitButton,
  Table,
  TextField,
  Time,
} from "@homeport/ui";
import type { ServiceAccount } from "../service-account.ts";
import { adminReason, OrganisationFrame } from "./organisation-frame.tsx";
import { organisationPaths as paths } from "./organisation-paths.ts";
import type { PageLinks } from "./page-cursor.ts";
import { serviceAccountRoleOptions } from "./role-options.ts";

type Props = {
  member: MemberPrincipal;
  accounts: ServiceAccount[];
  links: PageLinks;
  values: Record<string, string>;
  errors?: FormErrors | undefined;
};

export const ServiceAccountsPage = ({ member, accounts, links, values, errors }: Props) => (
  <OrganisationFrame tab="serviceAccounts" member={member}>
    <Section
      title="Service accounts"
      description="For scripts and systems: they belong to the organisation, not to a person, and have tokens instead of a password."
    >
      <Table
        caption="Service accounts"
        rows={accounts}
        rowKey={({ id }) => id}
        rowHref={({ slug }) => paths.serviceAccount(slug)}
        empty={
          <Empty title="No service accounts yet" cli="homeport service-account create deploys --role deployer">
            Make one below, then make it a token.
          </Empty>
        }
        columns={[
          { id: "slug", header: "Service account", cell: ({ slug }) => slug },
          { id: "description", header: "For", cell: ({ description }) => description },
          { id: "role", header: "Role", cell: ({ role }) => <Badge>{role}</Badge> },
          { id: "tokens", header: "Tokens", align: "end", cell: ({ tokenCount }) => tokenCount },
          { id: "grants", header: "Roles in projects", align: "end", cell: ({ grantCount }) => grantCount },
          { id: "created", header: "Since", cell: ({ createdAt }) => <Time at={createdAt} /> },
        ]}
      />
      <Pagination label="Service accounts" order="name" {...links} />
    </Section>
    <FormColumn>
      <Section title="New service account" id="new">
        <Form action={paths.serviceAccounts} values={{ role: "member", ...values }} errors={errors}>
          <TextField name="slug" label="Short name" mono maxLength={40} hint="Lower-case letters, digits and dashes." />
          <TextField name="description" label="What it is for" optional maxLength={300} />
          <SelectField name="role" label="Role" options={serviceAccountRoleOptions(member.role)} />
          <FormActions>
            <SubmitButton pendingLabel="Making…" disabledReason={adminReason(member)}>
              Make the service account
            </SubmitButton>
          </FormActions>
        </Form>
      </Section>
    </FormColumn>
  </OrganisationFrame>
);
