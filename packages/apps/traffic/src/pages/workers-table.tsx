import { Badge, Section, Table, Time } from "@homeport/ui";
import { formatBytes } from "../bytes.ts";
import { formatCount } from "../count.ts";
import type { Worker } from "../traffic.ts";
import { describeDrift } from "./warnings.tsx";

export const WorkersTable = ({ workers, now }: { workers: readonly Worker[]; now: Date }) => (
  <Section
    title="Workers"
    id="workers"
    description="The processes that serve requests. All of them serve the same table; one that does not for more than a moment is marked."
  >
    <Table
      caption="Gateway workers"
      rows={workers}
      rowKey={(worker) => worker.instance}
      columns={[
        { id: "place", header: "Worker", cell: (worker) => <Place worker={worker} /> },
        { id: "state", header: "State", cell: (worker) => <State worker={worker} /> },
        { id: "rate", header: "Req/s", cell: (worker) => formatCount(worker.requestsPerSecond), align: "end" },
        { id: "flight", header: "In flight", cell: (worker) => formatCount(worker.requestsInFlight), align: "end" },
        { id: "connections", header: "Connections", cell: (worker) => formatCount(worker.connections), align: "end" },
        {
          id: "memory",
          header: "Memory",
          cell: (worker) => formatBytes(worker.memoryBytes),
          align: "end",
          nowrap: true,
        },
        {
          id: "revision",
          header: "Revision",
          cell: (worker) => <Revision worker={worker} />,
          align: "end",
          nowrap: true,
        },
        { id: "started", header: "Up since", cell: (worker) => <Time at={worker.startedAt} now={now} />, nowrap: true },
      ]}
    />
  </Section>
);

const Place = ({ worker: { hostname, pid, worker, version } }: { worker: Worker }) => (
  <div className="grid gap-0.5">
    <span className="font-medium">{hostname}</span>
    <span className="text-sm font-normal text-soft">
      process {pid}, worker {worker}, {version}
    </span>
  </div>
);

const State = ({ worker }: { worker: Worker }) => (
  <div className="grid justify-items-start gap-1 max-sm:justify-items-end">
    {worker.isDraining ? <Badge>draining</Badge> : <Badge tone="success">serving</Badge>}
    {worker.isValkeyUp ? null : <Badge tone="warning">without Valkey</Badge>}
    {worker.drift === null ? null : worker.drift.state === "settling" ? (
      <Badge tone="info">taking up changes</Badge>
    ) : (
      <>
        <Badge tone="danger">{worker.drift.relation === "behind" ? "behind" : "another table"}</Badge>
        <span className="text-sm text-danger">{describeDrift(worker.drift)}.</span>
      </>
    )}
  </div>
);

const Revision = ({ worker: { revision, policyRevision, tableHash } }: { worker: Worker }) => (
  <div className="grid gap-0.5">
    <span>{revision}</span>
    <span className="text-sm text-soft">policies {policyRevision}</span>
    <code className="text-sm text-faint">{tableHash.slice(0, 8)}</code>
  </div>
);
