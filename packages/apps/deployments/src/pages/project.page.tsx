import { Empty, LinkButton, PageHeader, StatusPill, Table, Time } from "@homeport/ui";
import ConfirmButton from "@homeport/ui/confirm";
import type { Deployment } from "../deployment.ts";
import type { Project } from "../project.ts";
import type { Service } from "../service.ts";
import { Protection, type ProtectionRow } from "./environments.tsx";
import LiveRefresh from "./live-refresh.island.tsx";
import { paths } from "./paths.ts";
import { ProjectTabs } from "./project-tabs.tsx";

type Row = { service: Service; latest: Deployment | null; url: string | null };

type Props = {
  project: Project;
  rows: Row[];
  next: string | null;
  protection: ProtectionRow[];
  /** Why the caller may not make a service here, or remove the project. */
  createReason: string | undefined;
  removeReason: string | undefined;
};

export const ProjectPage = ({ project, rows, next, protection, createReason, removeReason }: Props) => (
  <>
    <LiveRefresh types={["deployments.*"]} />
    <PageHeader
      title={project.slug}
      breadcrumbs={[{ label: "Projects", href: paths.projects() }, { label: project.slug }]}
      actions={
        <LinkButton href={paths.newService(project.slug)} variant="primary" disabledReason={createReason}>
          New service
        </LinkButton>
      }
    />
    <ProjectTabs project={project.slug} tab="services" />
    <Table
      caption={`Services of ${project.slug}`}
      rows={rows}
      rowKey={({ service }) => service.id}
      rowHref={({ service }) => paths.service(project.slug, service.slug)}
      empty={
        <Empty
          title="No services yet"
          action={
            <LinkButton href={paths.newService(project.slug)} variant="primary" disabledReason={createReason}>
              Add a service
            </LinkButton>
          }
          cli={`homeport deploy --project ${project.slug} --service web`}
        >
          Deploy a git repository or an image from here, or a folder from the command line.
        </Empty>
      }
      columns={[
        { id: "name", header: "Service", cell: ({ service }) => service.slug },
        {
          id: "state",
          header: "Last deployment",
          cell: ({ latest }) => (latest === null ? "not deployed" : <StatusPill state={latest.state} />),
        },
        { id: "when", header: "When", cell: ({ latest }) => (latest === null ? "" : <Time at={latest.createdAt} />) },
        {
          id: "url",
          header: "Address",
          cell: ({ service, url }) => (
            <span className="break-all">{url ?? `${service.slug}:${service.settings.port}`}</span>
          ),
        },
      ]}
    />
    {next === null ? null : <a href={`?after=${next}`}>More services</a>}
    <Protection project={project.slug} rows={protection} />
    {rows.length > 0 ? null : (
      <ConfirmButton
        label="Remove project"
        action={`${paths.project(project.slug)}/remove`}
        title={`Remove ${project.slug}?`}
        body="The project is empty; nothing that runs is touched."
        confirmLabel="Remove"
        hidden={{ confirm: project.slug }}
        disabledReason={removeReason}
      />
    )}
  </>
);
