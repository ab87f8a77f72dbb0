import type { FormErrors } from "@homeport/kit/form.ts";
import {
  Empty,
  Form,
  FormActions,
  FormColumn,
  LinkButton,
  PageHeader,
  Pagination,
  SubmitButton,
  Table,
  TextField,
  Time,
} from "@homeport/ui";
import type { ListedSecretGroup } from "../secret-group.ts";
import LiveRefresh from "./live-refresh.island.tsx";
import { paths } from "./paths.ts";
import { ProjectTabs } from "./project-tabs.tsx";

type Props = {
  project: string;
  groups: ListedSecretGroup[];
  isFirst: boolean;
  next: string | null;
  writeReason: string | undefined;
};

export const SecretsPage = ({ project, groups, isFirst, next, writeReason }: Props) => {
  const newGroup = (
    <LinkButton href={paths.newSecretGroup(project)} variant="primary" disabledReason={writeReason}>
      New secret group
    </LinkButton>
  );
  return (
    <>
      <LiveRefresh types={["deployments.*"]} />
      <PageHeader
        title={project}
        breadcrumbs={[
          { label: "Projects", href: paths.projects() },
          { label: project, href: paths.project(project) },
          { label: "Secrets" },
        ]}
        description="A secret group is shared by the services that have it attached, as variables or as files."
        actions={groups.length === 0 ? undefined : newGroup}
      />
      <ProjectTabs project={project} tab="secrets" />
      <Table
        caption={`Secret groups of ${project}`}
        rows={groups}
        rowKey={(group) => group.id}
        rowHref={(group) => paths.secretGroup(project, group.slug)}
        empty={
          <Empty
            title="No secret groups yet"
            action={newGroup}
            cli={`homeport secret set --project ${project} --group database PASSWORD=@password.txt`}
          >
            Keep what several services need in one place. Values are stored encrypted and are not shown again.
          </Empty>
        }
        columns={[
          { id: "name", header: "Group", cell: (group) => group.slug },
          { id: "items", header: "Items", align: "end", cell: (group) => group.itemCount },
          { id: "services", header: "Services", align: "end", cell: (group) => group.serviceCount },
          { id: "changed", header: "Changed", cell: (group) => <Time at={group.updatedAt} /> },
          {
            id: "used",
            header: "Last used",
            cell: (group) => (group.lastUsedAt === null ? "never" : <Time at={group.lastUsedAt} />),
          },
        ]}
      />
      <Pagination
        label="Secret groups"
        order="name"
        previousHref={isFirst ? undefined : paths.secrets(project)}
        nextHref={next === null ? undefined : `?after=${next}`}
      />
    </>
  );
};

type NewProps = { project: string; values: Record<string, string>; errors?: FormErrors | undefined };

export const NewSecretGroupPage = ({ project, values, errors }: NewProps) => (
  <>
    <PageHeader
      title="New secret group"
      breadcrumbs={[
        { label: "Projects", href: paths.projects() },
        { label: project, href: paths.project(project) },
        { label: "Secrets", href: paths.secrets(project) },
        { label: "New" },
      ]}
    />
    <FormColumn>
      <Form action={paths.newSecretGroup(project)} values={values} errors={errors}>
        <TextField
          name="slug"
          label="Name"
          hint="Lower-case letters, digits and dashes. As files, its items are found in /run/secrets/<name>."
          autoComplete="off"
        />
        <FormActions>
          <SubmitButton pendingLabel="Creating…">Create secret group</SubmitButton>
          <LinkButton href={paths.secrets(project)} variant="quiet">
            Cancel
          </LinkButton>
        </FormActions>
      </Form>
    </FormColumn>
  </>
);
