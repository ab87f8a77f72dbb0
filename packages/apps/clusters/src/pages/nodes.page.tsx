import { Alert, Badge, Empty, PageHeader, Pagination, Table, Time } from "@homeport/ui";
import { type ClusterNode, isOnline, isolates } from "../node.ts";

export type NodesPageProps = { nodes: readonly ClusterNode[]; nextHref: string | undefined; now: Date };

/** The machines that run workloads. */
export const NodesPage = ({ nodes, nextHref, now }: NodesPageProps) => (
  <>
    <PageHeader title="Nodes" description="The machines that run your services." />
    {nodes.some((node) => !isolates(node.engine)) ? <NoIsolation /> : null}
    <Table
      caption="Nodes"
      columns={[
        { id: "name", header: "Node", cell: (node) => node.name },
        { id: "state", header: "State", cell: (node) => <NodeState node={node} now={now} /> },
        { id: "engine", header: "Engine", cell: (node) => <Engine node={node} /> },
        { id: "version", header: "Agent", cell: (node) => node.version },
        { id: "capacity", header: "Capacity", cell: (node) => capacityOf(node), nowrap: true },
        { id: "replicas", header: "Replicas", cell: (node) => node.replicaCount, align: "end" },
        { id: "seen", header: "Last seen", cell: (node) => <Time at={node.lastSeenAt} now={now} />, nowrap: true },
      ]}
      rows={nodes}
      rowKey={(node) => node.id}
      empty={
        <Empty title="No node yet">
          A node appears here as soon as its agent has connected. Services that are deployed meanwhile wait for one.
        </Empty>
      }
    />
    <Pagination {...(nextHref === undefined ? {} : { nextHref })} label="Nodes" />
  </>
);

const NoIsolation = () => (
  <div className="mb-4">
    <Alert tone="warning" title="The process engine does not isolate">
      Services on such a node run as ordinary processes: they can see the machine and each other. It is meant for trying
      Homeport. Start the agent where a Docker engine answers before you run anything you do not trust.
    </Alert>
  </div>
);

const NodeState = ({ node, now }: { node: ClusterNode; now: Date }) =>
  isOnline(node, now) ? <Badge tone="success">Online</Badge> : <Badge tone="danger">Offline</Badge>;

const ENGINE_NAMES = { docker: "Docker", process: "Process" } as const;

const Engine = ({ node }: { node: ClusterNode }) => (
  <div className="grid gap-0.5">
    <span>
      {ENGINE_NAMES[node.engine]} {isolates(node.engine) ? null : <Badge tone="warning">no isolation</Badge>}
    </span>
    <span className="text-sm text-faint">{node.engineVersion}</span>
  </div>
);

const capacityOf = ({ cpus, memoryMiB }: ClusterNode): string =>
  `${cpus} ${cpus === 1 ? "CPU" : "CPUs"}, ${(memoryMiB / 1024).toFixed(1)} GiB`;
