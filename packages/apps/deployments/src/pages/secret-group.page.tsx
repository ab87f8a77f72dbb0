import type { FormErrors } from "@homeport/kit/form.ts";
import {
  Empty,
  Form,
  FormActions,
  FormColumn,
  PageHeader,
  Section,
  SubmitButton,
  TextAreaField,
  TextField,
  Time,
} from "@homeport/ui";
import ConfirmButton from "@homeport/ui/confirm";
import type { SecretGroupView } from "../service/secret-groups.ts";
import LiveRefresh from "./live-refresh.island.tsx";
import { paths } from "./paths.ts";
import { RevealButton, SealedValues } from "./sealed-values.tsx";
import { SecretUsers } from "./secret-users.tsx";

export type SecretGroupProps = {
  project: string;
  view: SecretGroupView;
  /** Why the caller may not change the group, deploy what uses it, or be told its values. */
  writeReason: string | undefined;
  deployReason: string | undefined;
  revealReason: string | undefined;
  values: Record<string, string>;
  errors?: FormErrors | undefined;
};

/** Names are shown, values never: they can be replaced, and told on purpose on a page of its own. */
export const SecretGroupPage = ({ project, view, values, errors, ...reasons }: SecretGroupProps) => {
  const { writeReason, deployReason, revealReason } = reasons;
  const { group, items, users } = view;
  const at = paths.secretGroup(project, group.slug);
  const attached = users.filter(({ use }) => use !== null);
  const live = attached.filter(({ isLive }) => isLive);
  const services = live.length === 1 ? "1 service" : `${live.length} services`;
  return (
    <>
      <LiveRefresh types={["deployments.*"]} />
      <PageHeader
        title={group.slug}
        breadcrumbs={[
          { label: "Projects", href: paths.projects() },
          { label: project, href: paths.project(project) },
          { label: "Secrets", href: paths.secrets(project) },
          { label: group.slug },
        ]}
        description={
          <>
            Version {group.version}, changed <Time at={group.updatedAt} />, last used{" "}
            {group.lastUsedAt === null ? "never" : <Time at={group.lastUsedAt} />}
          </>
        }
        actions={
          items.length === 0 ? undefined : (
            <RevealButton
              action={`${at}/reveal`}
              label="Reveal all"
              what="all values of this group"
              disabledReason={revealReason}
              isMain
            />
          )
        }
      />
      <SealedValues
        caption="Items"
        values={items}
        action={at}
        writeReason={writeReason}
        revealReason={revealReason}
        empty={
          <Empty
            title="No items yet"
            cli={`homeport secret set --project ${project} --group ${group.slug} PASSWORD=@password.txt`}
          >
            Add one below. Values are stored encrypted and are not shown again.
          </Empty>
        }
      />
      <FormColumn>
        <Section
          title="Set an item"
          description="A name that exists gets the new value. Services get it with their next deployment."
        >
          <Form action={`${at}/items`} values={values} errors={errors} guard>
            <TextField name="name" label="Name" mono autoComplete="off" />
            <TextAreaField name="value" label="Value" mono rows={4} optional spellCheck={false} autoComplete="off" />
            <FormActions>
              <SubmitButton pendingLabel="Saving…" disabledReason={writeReason}>
                Save item
              </SubmitButton>
              {live.length === 0 ? null : (
                <SubmitButton
                  variant="secondary"
                  name="apply"
                  value="yes"
                  pendingLabel="Saving…"
                  disabledReason={writeReason ?? deployReason}
                >
                  {`Save and redeploy ${services}`}
                </SubmitButton>
              )}
            </FormActions>
          </Form>
        </Section>
      </FormColumn>
      <SecretUsers project={project} group={group} users={users} deployReason={deployReason} />
      <Section title="Remove this group" description="Its values are gone. This cannot be undone.">
        <ConfirmButton
          label="Remove group"
          action={`${at}/remove`}
          title={`Remove ${group.slug}?`}
          body="Its values are deleted. Releases that took them keep what they took."
          confirmLabel="Remove group"
          typed={group.slug}
          disabledReason={attached.length > 0 ? "Detach it from its services first." : writeReason}
        />
      </Section>
    </>
  );
};
