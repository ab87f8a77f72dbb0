import { CopyChip, KeyValue, Section, StatusPill, Time } from "@homeport/ui";
import LogView from "@homeport/ui/log-view";
import { type Deployment, isFinal } from "../deployment.ts";
import { buildStream, runtimeStream } from "../log-stream.ts";
import { digestOf } from "../release.ts";
import { FailureAlert } from "./service.page.tsx";
import { ServiceFrame, type ServiceView } from "./service-frame.tsx";

export const logUrls = (stream: string) => {
  const base = `/api/v1/logging/streams/${stream}`;
  return { url: `${base}/tail`, historyUrl: `${base}/lines`, downloadUrl: `${base}/download` };
};

export const DeploymentPage = ({ view, deployment }: { view: ServiceView; deployment: Deployment }) => {
  const digest = deployment.image === null ? null : digestOf(deployment.image);
  const { jobId, build } = deployment;
  const requests = requestsText(deployment);
  return (
    <ServiceFrame view={view} tab="overview">
      {deployment.state === "failed" ? (
        <FailureAlert deployment={deployment} isServing={view.service.currentReleaseId !== null} />
      ) : null}
      <KeyValue
        items={[
          { label: "Deployment", value: <CopyChip value={deployment.id} label="deployment id" short={8} /> },
          { label: "State", value: <StatusPill state={deployment.state} /> },
          { label: "Started", value: <Time at={deployment.createdAt} /> },
          { label: "By", value: deployment.createdBy.name },
          ...(deployment.releaseNumber === null ? [] : [{ label: "Release", value: String(deployment.releaseNumber) }]),
          ...(build?.commit === undefined
            ? []
            : [{ label: "Commit", value: <CopyChip value={build.commit} label="commit" short={10} /> }]),
          ...(requests === null ? [] : [{ label: "Requests while it took over", value: requests }]),
          ...(digest === null
            ? []
            : [{ label: "Image", value: <CopyChip value={digest} label="image digest" short={19} /> }]),
        ]}
      />
      {jobId === null ? null : (
        <Section title="Build log">
          <LogView
            label="Build log"
            {...logUrls(buildStream(jobId))}
            ended={isFinal(deployment.state)}
            emptyHint="The build writes here as soon as a runner has taken it."
          />
        </Section>
      )}
      {deployment.releaseId === null ? null : (
        <Section title="What it writes" description="All releases and replicas of the service, on one timeline.">
          <LogView
            label="Runtime log"
            {...logUrls(runtimeStream(deployment.workloadId))}
            height="sm"
            emptyHint="Nothing was written yet."
          />
        </Section>
      )}
    </ServiceFrame>
  );
};

/** What the gateways counted; null while they have not said so. */
const requestsText = ({ requests, failedRequests }: Deployment): string | null => {
  if (requests === null || failedRequests === null) return null;
  const all = requests.toLocaleString("en");
  return failedRequests === 0 ? `${all}, none failed` : `${all}, ${failedRequests.toLocaleString("en")} failed`;
};

export const LogsPage = ({ view }: { view: ServiceView }) => (
  <ServiceFrame view={view} tab="logs">
    <LogView
      label="Runtime log"
      {...logUrls(runtimeStream(view.service.workloadId))}
      height="lg"
      emptyHint="Nothing was written yet. Lines appear here once a release starts."
    />
  </ServiceFrame>
);
