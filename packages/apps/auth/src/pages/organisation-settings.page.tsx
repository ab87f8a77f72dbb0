import type { FormErrors } from "@homeport/kit/form.ts";
import type { MemberPrincipal } from "@homeport/kit/principal.ts";
import { Form, FormActions, FormColumn, KeyValue, Section, SubmitButton, TextField } from "@homeport/ui";
import ConfirmButton from "@homeport/ui/confirm";
import type { OrganisationOverview } from "../organisation.ts";
import { adminReason, OrganisationFrame } from "./organisation-frame.tsx";
import { organisationPaths as paths } from "./organisation-paths.ts";

type Props = { member: MemberPrincipal; organisation: OrganisationOverview; errors?: FormErrors | undefined };

export const OrganisationSettingsPage = ({ member, organisation, errors }: Props) => {
  const { slug, name, memberCount, projectCount } = organisation;
  return (
    <OrganisationFrame tab="settings" member={member}>
      <KeyValue
        items={[
          { label: "Short name", value: <code>{slug}</code> },
          { label: "Members", value: String(memberCount) },
          { label: "Projects", value: String(projectCount) },
        ]}
      />
      <FormColumn>
        <Section title="Name">
          <Form action={paths.settings} values={{ name }} errors={errors}>
            <TextField name="name" label="Name" maxLength={100} />
            <FormActions>
              <SubmitButton pendingLabel="Saving…" disabledReason={adminReason(member)}>
                Rename
              </SubmitButton>
            </FormActions>
          </Form>
        </Section>
        <Section title="Leave" description="Your sessions and tokens in it end.">
          <div>
            <ConfirmButton
              label="Leave the organisation"
              action={paths.leave}
              title={`Leave ${slug}?`}
              body="Your sessions and tokens in it end. To come back, somebody has to invite you."
              confirmLabel="Leave"
            />
          </div>
        </Section>
        <Section
          title="Remove"
          description="Its members, teams, service accounts and tokens go. The people stay people of the platform."
        >
          <div>
            <ConfirmButton
              label="Remove the organisation"
              action={paths.remove}
              title={`Remove ${slug}?`}
              body="Members who are in no other organisation cannot sign in until one invites them. This cannot be undone."
              confirmLabel="Remove the organisation"
              typed={slug}
              disabledReason={whyNotRemoved(member, projectCount)}
            />
          </div>
        </Section>
      </FormColumn>
    </OrganisationFrame>
  );
};

const whyNotRemoved = ({ role }: MemberPrincipal, projectCount: number): string | undefined => {
  if (role !== "owner") return "Only an owner of the organisation can do this.";
  return projectCount > 0 ? "It has projects. Remove them first." : undefined;
};
