import { Empty, LinkButton, PageHeader, StatusPill, Table, Time } from "@homeport/ui";
import ConfirmButton from "@homeport/ui/confirm";
import type { Deployment } from "../deployment.ts";
import type { Project } from "../project.ts";
import type { Service } from "../service.ts";
import LiveRefresh from "./live-refresh.island.tsx";
import { paths } from "./paths.ts";

type Row = { service: Service; latest: Deployment | null; url: string };

export const ProjectPage = ({ project, rows, next }: { project: Project; rows: Row[]; next: string | null }) => (
  <>
    <LiveRefresh types={["deployments.*"]} />
    <PageHeader
      title={project.slug}
      breadcrumbs={[{ label: "Projects", href: paths.projects() }, { label: project.slug }]}
      actions={
        <LinkButton href={paths.newService(project.slug)} variant="primary">
          New service
        </LinkButton>
      }
    />
    <Table
      caption={`Services of ${project.slug}`}
      rows={rows}
      rowKey={({ service }) => service.id}
      rowHref={({ service }) => paths.service(project.slug, service.slug)}
      empty={
        <Empty
          title="No services yet"
          action={
            <LinkButton href={paths.newService(project.slug)} variant="primary">
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
        { id: "url", header: "Address", cell: ({ url }) => <span className="break-all">{url}</span> },
      ]}
    />
    {next === null ? null : <a href={`?after=${next}`}>More services</a>}
    {rows.length > 0 ? null : (
      <ConfirmButton
        label="Remove project"
        action={`${paths.project(project.slug)}/remove`}
        title={`Remove ${project.slug}?`}
        body="The project is empty; nothing that runs is touched."
        confirmLabel="Remove"
        hidden={{ confirm: project.slug }}
      />
    )}
  </>
);
