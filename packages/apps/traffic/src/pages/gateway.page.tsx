import type { DomainError } from "@homeport/kit/errors.ts";
import { Empty, ErrorState, KeyValue } from "@homeport/ui";
import { formatCount } from "../count.ts";
import { STATUS_INTERVAL_MS } from "../drift.ts";
import type { Traffic } from "../traffic.ts";
import { AccessLog } from "./access-log.tsx";
import { Certificates } from "./certificates.tsx";
import { Frame } from "./frame.tsx";
import { paths, type View } from "./paths.ts";
import Poll from "./poll.island.tsx";
import { RoutesTable } from "./routes-table.tsx";
import { Warnings } from "./warnings.tsx";
import { WorkersTable } from "./workers-table.tsx";

export type GatewayPageProps = { traffic: Traffic | DomainError; view: View; now: Date; requestId: string };

/** What the gateways serve and how it goes, brought up to date while it is open. */
export const GatewayPage = ({ traffic, view, now, requestId }: GatewayPageProps) => (
  <Frame
    tab="traffic"
    description="What the gateways serve and how it goes. Counts run since a worker's start and are summed over all workers; times are of the last minute, and those of the slowest worker."
    actions={<Poll everyMs={STATUS_INTERVAL_MS} />}
  >
    {traffic instanceof Error ? (
      <ErrorState
        title="The gateways' reports cannot be read"
        detail={`${traffic.message} They go on serving with the routes and policies they have; this page comes back by itself.`}
        requestId={requestId}
        code={traffic.code}
        retryHref={paths.gateway(view)}
      />
    ) : traffic.workers.length === 0 ? (
      <Empty title="No gateway has reported yet">
        A gateway reports a few seconds after its start. If none appears, see whether one runs, and whether its
        REDIS_URL is the same as this app's.
      </Empty>
    ) : (
      <Report traffic={traffic} view={view} now={now} />
    )}
  </Frame>
);

const Report = ({ traffic, view, now }: { traffic: Traffic; view: View; now: Date }) => (
  <div className="grid grid-cols-1">
    <KeyValue
      columns={2}
      items={[
        { label: "Requests", value: `${formatCount(traffic.requestsPerSecond)} a second` },
        { label: "In flight", value: formatCount(traffic.requestsInFlight) },
        { label: "Connections", value: formatCount(traffic.connections) },
        {
          label: "Serving",
          value: `${formatCount(traffic.routeCount)} routes, ${formatCount(traffic.hostCount)} hosts`,
        },
      ]}
    />
    <Warnings traffic={traffic} />
    <RoutesTable traffic={traffic} view={view} />
    <WorkersTable workers={traffic.workers} now={now} />
    <Certificates certificates={traffic.certificates} workerCount={traffic.workers.length} now={now} />
    <AccessLog traffic={traffic} view={view} now={now} />
  </div>
);
