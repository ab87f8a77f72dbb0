import { Badge, InlineForm, Section, SubmitButton, Table } from "@homeport/ui";
import type { SecretGroup } from "../secret-group.ts";
import type { SecretUse } from "../secret-use.ts";
import type { SecretUser } from "../store/secret-attachments.ts";
import { paths } from "./paths.ts";

type Props = { project: string; group: SecretGroup; users: SecretUser[]; deployReason: string | undefined };

/** Which services have a group, and whether what is live there took its newest version. */
export const SecretUsers = ({ project, group, users, deployReason }: Props) => {
  const stale = users.filter((user) => user.use !== null && user.isLive && user.liveVersion !== group.version);
  return (
    <Section
      title="Used by"
      actions={
        stale.length === 0 ? undefined : (
          <InlineForm action={`${paths.secretGroup(project, group.slug)}/apply`}>
            <SubmitButton variant="secondary" pendingLabel="Deploying…" disabledReason={deployReason}>
              Redeploy its services
            </SubmitButton>
          </InlineForm>
        )
      }
    >
      <Table
        caption={`Services that use ${group.slug}`}
        rows={users}
        rowKey={(user) => user.workloadId}
        rowHref={(user) => paths.variables(project, user.service)}
        empty={<p className="text-soft">No service has it attached. Attach it on a service’s page of variables.</p>}
        columns={[
          { id: "service", header: "Service", cell: (user) => user.service },
          { id: "use", header: "As", cell: (user) => (user.use === null ? "detached" : textOfUse(user.use)) },
          { id: "live", header: "Live", cell: (user) => <LiveVersion user={user} version={group.version} /> },
        ]}
      />
    </Section>
  );
};

export const textOfUse = (use: SecretUse): string => {
  if (use.as === "files") return `files in ${use.directory}`;
  return use.prefix === "" ? "variables" : `variables named ${use.prefix}…`;
};

const LiveVersion = ({ user, version }: { user: SecretUser; version: number }) => {
  if (!user.isLive) return <>nothing is live</>;
  if (user.use === null) return <Badge tone="warning">still has version {user.liveVersion}</Badge>;
  if (user.liveVersion === version) return <Badge tone="success">version {version}</Badge>;
  return (
    <Badge tone="warning">
      {user.liveVersion === null ? "not yet" : `version ${user.liveVersion}, not ${version}`}
    </Badge>
  );
};
