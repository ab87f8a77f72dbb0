import type { FormErrors } from "@homeport/kit/form.ts";
import { PLATFORM_POLICY } from "@homeport/kit/registry/policy.ts";
import { Alert, Form, FormActions, LinkButton, PageHeader, Section, SubmitButton, Time } from "@homeport/ui";
import ConfirmButton from "@homeport/ui/confirm";
import type { Policy } from "../policy.ts";
import { paths } from "./paths.ts";
import { AccessFields, HandlingFields, LimitFields, MaintenanceFields, RedirectFields } from "./policy-sections.tsx";
import type { Fields } from "./policy-values.ts";

export type PolicyPageProps = {
  host: string;
  /** Null for a host without one; saving makes it. */
  policy: Policy | null;
  values: Fields;
  errors?: FormErrors | undefined;
  /** Where the person comes from, for the platform's own policy; null when it is not known. */
  address: string | null;
  now: Date;
};

export const PolicyPage = ({ host, policy, values, errors, address, now }: PolicyPageProps) => (
  <>
    <PageHeader
      title={host}
      breadcrumbs={[
        { label: "Gateway", href: paths.gateway() },
        { label: "Policies", href: paths.policies() },
        { label: host },
      ]}
      description={
        policy === null ? (
          "This host has no policy yet. Saving makes one; gateways follow at once."
        ) : (
          <>
            Changed <Time at={policy.updatedAt} now={now} /> by {policy.updatedBy.name}. Gateways follow at once.
          </>
        )
      }
    />
    {host === PLATFORM_POLICY ? <PlatformNote address={address} /> : null}
    <Form
      action={paths.policy(host)}
      values={values}
      errors={errors}
      hidden={{ revision: values.revision ?? "" }}
      guard
      className="max-w-3xl"
    >
      <RedirectFields values={values} />
      <AccessFields values={values} isPlatform={host === PLATFORM_POLICY} />
      <MaintenanceFields values={values} />
      <LimitFields />
      <HandlingFields values={values} />
      <FormActions>
        <SubmitButton pendingLabel="Saving…">Save policy</SubmitButton>
        <LinkButton href={paths.policies()} variant="quiet">
          Cancel
        </LinkButton>
      </FormActions>
    </Form>
    {policy === null ? null : (
      <Section title="Remove this policy" description="Requests of this host are passed on as they come from then on.">
        <ConfirmButton
          label="Remove policy"
          action={paths.removePolicy(host)}
          title={`Remove the policy of ${host}?`}
          body="Its redirects, passwords, address lists and limits are gone, and everybody gets in. This cannot be undone."
          confirmLabel="Remove policy"
        />
      </Section>
    )}
  </>
);

const PlatformNote = ({ address }: { address: string | null }) => (
  <div className="mb-6 max-w-3xl">
    <Alert title="This policy is for the platform's own pages and API">
      What would lock you out, or keep the platform's parts from each other, is refused. Lists of addresses must let
      127.0.0.1 and ::1 in{address === null ? "" : `, and ${address}, from where you come`}.
    </Alert>
  </div>
);

/** Asked by the server, where the button's own dialog did not. */
export const RemovePolicyPage = ({ host }: { host: string }) => (
  <>
    <PageHeader
      title={`Remove the policy of ${host}?`}
      description="Its redirects, passwords, address lists and limits are gone, and everybody gets in. This cannot be undone."
    />
    <Form action={paths.removePolicy(host)} hidden={{ confirm: "yes" }}>
      <FormActions>
        <SubmitButton variant="danger">Remove policy</SubmitButton>
        <LinkButton href={paths.policy(host)}>Keep it</LinkButton>
      </FormActions>
    </Form>
  </>
);
