import {
  Alert,
  CodeBlock,
  CommandLine,
  CopyChip,
  Empty,
  KeyValue,
  Section,
  StatusPill,
  Table,
  Time,
} from "@homeport/ui";
import type { Deployment } from "../deployment.ts";
import { paths } from "./paths.ts";
import { ServiceFrame, type ServiceView } from "./service-frame.tsx";

const CAUSES: Record<Deployment["cause"]["kind"], string> = {
  build: "Build",
  image: "Image",
  configuration: "New variables",
  promotion: "Promotion",
  release: "Rollback",
};

export const ServicePage = ({
  view,
  deployments,
  next,
}: {
  view: ServiceView;
  deployments: Deployment[];
  next: string | null;
}) => {
  const { service, latest, url } = view;
  return (
    <ServiceFrame view={view} tab="overview">
      {latest?.state === "failed" ? (
        <FailureAlert deployment={latest} isServing={service.currentReleaseId !== null} />
      ) : null}
      <KeyValue
        items={[
          ...(url === null ? [] : [{ label: "Address", value: <CopyChip value={url} label="address" /> }]),
          { label: "Made from", value: <SourceText source={service.source} /> },
          {
            label: "Inside the project",
            value: <CopyChip value={`${service.slug}:${service.settings.port}`} label="name and port" />,
          },
        ]}
      />
      <Section title="Deployments">
        <Table
          caption="Deployments"
          rows={deployments}
          rowKey={(deployment) => deployment.id}
          rowHref={(deployment) => paths.deployment(service.projectSlug, service.slug, deployment.id)}
          empty={
            <Empty
              title="Nothing was deployed yet"
              cli={`homeport deploy --project ${service.projectSlug} --service ${service.slug}`}
            >
              {service.source.kind === "upload"
                ? "Run this in the folder to deploy."
                : "Press Deploy, or use the command line."}
            </Empty>
          }
          columns={[
            { id: "state", header: "State", cell: (each) => <StatusPill state={each.state} /> },
            { id: "cause", header: "What", cell: (each) => CAUSES[each.cause.kind] },
            { id: "release", header: "Release", cell: (each) => each.releaseNumber ?? "" },
            {
              id: "commit",
              header: "Commit",
              cell: (each) => <span className="break-all">{each.build?.commit?.slice(0, 10) ?? ""}</span>,
            },
            { id: "by", header: "By", cell: (each) => each.createdBy.name },
            { id: "when", header: "When", cell: (each) => <Time at={each.createdAt} /> },
          ]}
        />
        {next === null ? null : <a href={`?before=${next}`}>Older deployments</a>}
      </Section>
      <Section title="From the command line">
        <CommandLine command={`homeport logs -f --project ${service.projectSlug} --service ${service.slug}`} />
      </Section>
    </ServiceFrame>
  );
};

const SourceText = ({ source }: { source: ServiceView["service"]["source"] }) => {
  switch (source.kind) {
    case "git":
      return (
        <span className="break-all">{source.ref === undefined ? source.url : `${source.url} (${source.ref})`}</span>
      );
    case "image":
      return <span className="break-all">{source.reference}</span>;
    case "upload":
      return <>a folder that is uploaded with each deployment</>;
  }
};

/** Why a deployment failed, with what the process wrote last. The release before it goes on serving. */
export const FailureAlert = ({ deployment, isServing }: { deployment: Deployment; isServing: boolean }) => {
  const { reason } = deployment;
  if (reason === null) return null;
  return (
    <Alert
      tone="danger"
      title={isServing ? "The deployment failed; what was live before still is." : "The deployment failed."}
    >
      <p>
        {reason.message}
        {reason.exitCode === undefined ? "" : ` (exit code ${reason.exitCode})`}
      </p>
      {reason.lastLines === undefined || reason.lastLines.length === 0 ? null : (
        <CodeBlock code={reason.lastLines.join("\n")} label="Its last lines" />
      )}
    </Alert>
  );
};
