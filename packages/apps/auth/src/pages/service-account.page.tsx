import type { FormErrors } from "@homeport/kit/form.ts";
import type { MemberPrincipal } from "@homeport/kit/principal.ts";
import {
  Badge,
  counted,
  Empty,
  Form,
  FormActions,
  FormColumn,
  OneTimeSecret,
  PageHeader,
  Section,
  SelectField,
  SubmitButton,
  TextField,
} from "@homeport/ui";
import ConfirmButton from "@homeport/ui/confirm";
import type { ApiToken } from "../api-token.ts";
import type { ServiceAccount } from "../service-account.ts";
import { organisationPaths as paths } from "./organisation-paths.ts";
import { serviceAccountRoleOptions } from "./role-options.ts";
import { NEW_TOKEN_VALUES, TokenFields } from "./token-form.tsx";
import { TokenTable } from "./token-table.tsx";

export type ServiceAccountPageExtra = {
  /** Shown in this one answer, stored nowhere. */
  newToken?: string | undefined;
  again?: { form: "account" | "token"; values: Record<string, string>; errors: FormErrors } | undefined;
};

type Props = { member: MemberPrincipal; account: ServiceAccount; tokens: ApiToken[] } & ServiceAccountPageExtra;

export const ServiceAccountPage = ({ member, account, tokens, newToken, again }: Props) => {
  const { slug, description, role } = account;
  const formOf = (form: "account" | "token", values: Record<string, string>) =>
    again?.form === form ? { values: again.values, errors: again.errors } : { values };
  return (
    <>
      <PageHeader
        title={slug}
        status={<Badge>{role}</Badge>}
        description={description || undefined}
        breadcrumbs={[{ label: "Service accounts", href: paths.serviceAccounts }, { label: slug }]}
      />
      <Section title="Tokens" description="Each acts as this service account, narrowed to its scopes." id="tokens">
        {newToken === undefined ? null : (
          <OneTimeSecret title="Copy the new token now: it is not shown again." value={newToken} label="API token" />
        )}
        <TokenTable
          tokens={tokens}
          revokePath={(token) => paths.revokeServiceAccountToken(slug, token)}
          empty={
            <Empty title="No tokens yet" cli={`homeport service-account token create ${slug}`}>
              Make one below, and give it to what is to work with it.
            </Empty>
          }
        />
      </Section>
      <FormColumn>
        <Section title="New token">
          <Form action={paths.serviceAccountTokens(slug)} {...formOf("token", NEW_TOKEN_VALUES)}>
            <TokenFields />
            <FormActions>
              <SubmitButton pendingLabel="Making…">Make a token</SubmitButton>
            </FormActions>
          </Form>
        </Section>
        <Section
          title="Role"
          description={`It holds in the whole organisation. On top of it: ${counted(account.grantCount, "role")} in projects.`}
        >
          <Form action={paths.serviceAccount(slug)} {...formOf("account", { description, role })}>
            <TextField name="description" label="What it is for" optional maxLength={300} />
            <SelectField name="role" label="Role" options={serviceAccountRoleOptions(member.role)} />
            <FormActions>
              <SubmitButton variant="secondary" pendingLabel="Saving…">
                Save
              </SubmitButton>
            </FormActions>
          </Form>
        </Section>
        <Section title="Remove" description="Its tokens end at once.">
          <div>
            <ConfirmButton
              label="Remove the service account"
              action={paths.removeServiceAccount(slug)}
              title={`Remove the service account ${slug}?`}
              body="Its tokens end at once: whatever uses them stops working."
              confirmLabel="Remove it"
            />
          </div>
        </Section>
      </FormColumn>
    </>
  );
};
