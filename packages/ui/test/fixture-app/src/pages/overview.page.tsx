import {
  Alert,
  Badge,
  Button,
  Card,
  CardGrid,
  CodeBlock,
  CommandLine,
  CopyChip,
  Duration,
  ErrorState,
  InlineForm,
  KeyValue,
  LinkButton,
  OneTimeSecret,
  PageHeader,
  Pagination,
  Secret,
  Section,
  Skeleton,
  type Status,
  StatusPill,
  SubmitButton,
  Table,
  Tabs,
  Time,
} from "@homeport/ui";
import { GitBranch, Layers, Plus, Rocket, RotateCcw } from "@homeport/ui/icons";
import type { ReactNode } from "react";
import { Islands } from "./islands-part.tsx";

/** As long as one of ours is, and good for nothing. */
const TOKEN = "hp_0000000000000000000000000000000000000000000_00000000";

const MINUTE = 60_000;
const ago = (minutes: number): Date => new Date(Date.now() - minutes * MINUTE);

const STATES: Status[] = [
  "queued",
  "building",
  "releasing",
  "rolling_out",
  "live",
  "failed",
  "cancelled",
  "superseded",
  "pulling",
  "starting",
  "running",
  "ready",
  "unhealthy",
  "exited",
  "draining",
  "stopped",
];

const RELEASES = [
  {
    number: 14,
    state: "live",
    commit: "9f2c1ab7d4e05f66",
    message: "Answer health checks before the cache is warm",
    at: ago(4),
    tookMs: 41_200,
  },
  {
    number: 13,
    state: "superseded",
    commit: "41d07c3e99aa5b10",
    message: "Raise the body limit to 8 MiB",
    at: ago(190),
    tookMs: 38_900,
  },
  {
    number: 12,
    state: "failed",
    commit: "c0ffee00badc0de1",
    message: "Try the new image",
    at: ago(1_500),
    tookMs: 9_300,
  },
] as const;

export function OverviewPage(): ReactNode {
  return (
    <>
      <PageHeader
        breadcrumbs={[{ label: "Projects", href: "/" }, { label: "shop", href: "/forms" }, { label: "api" }]}
        title="api"
        status={<StatusPill state="live" />}
        description={
          <span className="inline-flex flex-wrap items-center gap-x-3 gap-y-1">
            <a href="https://api-shop.localhost" className="text-accent underline">
              api-shop.localhost
            </a>
            <span className="inline-flex items-center gap-1.5">
              <GitBranch aria-hidden className="size-4" /> main
            </span>
          </span>
        }
        actions={
          <>
            <Button icon={<RotateCcw aria-hidden />} disabledReason="There is no earlier release to return to.">
              Roll back
            </Button>
            <InlineForm action="/deploy">
              <SubmitButton icon={<Rocket aria-hidden />} pendingLabel="Deploying…">
                Deploy
              </SubmitButton>
            </InlineForm>
          </>
        }
      />
      <Tabs
        label="Service"
        items={[
          { href: "/", label: "Overview", current: true },
          { href: "/logs", label: "Logs" },
          { href: "/forms", label: "Variables", count: 12 },
          { href: "/empty", label: "Domains" },
          {
            href: "/metrics",
            label: "Metrics",
            disabledReason: "Metrics need a node with an agent of version 0.2 or later.",
          },
        ]}
      />
      <CardGrid>
        <Card title="Current release" footer={<Time at={ago(4)} />}>
          <KeyValue
            items={[
              { label: "Release", value: "14" },
              {
                label: "Image",
                value: (
                  <CopyChip
                    value="sha256:7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730"
                    label="image digest"
                    short={19}
                  />
                ),
              },
              { label: "Built in", value: <Duration ms={41_200} /> },
            ]}
          />
        </Card>
        <Card title="Replicas" tone="warning" description="Two wanted, one ready">
          <ul className="grid gap-2">
            <li className="flex items-center justify-between gap-3">
              <span className="font-mono text-sm">a41c</span> <StatusPill state="ready" />
            </li>
            <li className="flex items-center justify-between gap-3">
              <span className="font-mono text-sm">b83e</span> <StatusPill state="unhealthy" />
            </li>
          </ul>
        </Card>
        <Card title="Environment" href="/forms" description="12 variables, 3 of them secret">
          <div className="flex flex-wrap gap-2">
            <Badge tone="info">production</Badge>
            <Badge icon={<Layers aria-hidden />}>docker</Badge>
            <Badge tone="warning">no isolation</Badge>
          </div>
        </Card>
      </CardGrid>
      <Section
        title="Releases"
        description="Each is immutable; rolling back starts an earlier one again."
        actions={
          <LinkButton href="/long" size="sm">
            All releases
          </LinkButton>
        }
      >
        <ReleaseTable />
        <Pagination nextHref="/long" />
      </Section>
      <States />
      <Islands />
    </>
  );
}

function ReleaseTable(): ReactNode {
  return (
    <Table
      caption="Releases of api"
      rows={RELEASES}
      rowKey={(release) => String(release.number)}
      rowHref={(release) => `/long?release=${release.number}`}
      columns={[
        { id: "number", header: "Release", cell: (release) => `Release ${release.number}`, nowrap: true },
        { id: "state", header: "State", cell: (release) => <StatusPill state={release.state} /> },
        {
          id: "commit",
          header: "Commit",
          cell: (release) => <CopyChip value={release.commit} label="commit" short={7} />,
        },
        { id: "message", header: "Change", cell: (release) => release.message },
        { id: "took", header: "Took", cell: (release) => <Duration ms={release.tookMs} />, align: "end" },
        { id: "at", header: "Created", cell: (release) => <Time at={release.at} />, align: "end" },
        {
          id: "act",
          header: "Actions",
          hideHeader: true,
          align: "end",
          cell: (release) => (
            <Button size="sm" disabledReason={release.state === "live" ? "This release is already live." : undefined}>
              Roll back
            </Button>
          ),
        },
      ]}
    />
  );
}

function States(): ReactNode {
  return (
    <>
      <Section title="States">
        <div className="flex flex-wrap gap-2">
          {STATES.map((state) => (
            <StatusPill key={state} state={state} />
          ))}
        </div>
        <div className="flex flex-wrap items-center gap-2.5">
          <Button variant="primary">Primary</Button>
          <Button>Secondary</Button>
          <Button variant="quiet">Quiet</Button>
          <Button variant="danger">Danger</Button>
          <Button variant="danger-quiet">Quiet danger</Button>
          <Button busy>Working</Button>
          <Button disabledReason="Only owners may do this.">Not allowed</Button>
          <LinkButton href="/forms" variant="primary" size="sm" icon={<Plus aria-hidden />}>
            New service
          </LinkButton>
          <LinkButton href="/forms" disabledReason="The plan of this organisation has no more room.">
            New project
          </LinkButton>
        </div>
      </Section>
      <Section title="Messages">
        <Alert
          tone="info"
          title="A newer version of Homeport is available."
          actions={
            <LinkButton size="sm" href="/forms">
              See what changed
            </LinkButton>
          }
        />
        <Alert tone="success" title="Release 14 is live." />
        <Alert tone="warning" title="This node does not isolate workloads.">
          The process engine runs them as an unprivileged user on this machine.
        </Alert>
        <Alert tone="danger" title="The rollout failed.">
          The container exited with code 1 before it listened on its port. The old release still serves.
        </Alert>
        <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
          <ErrorState
            title="The releases could not be loaded."
            detail="The deployments app does not answer."
            requestId="0199c0de-7a3f-7c11-9d55-2b3a4c5d6e7f"
            code="unavailable"
            retryHref="/"
          />
          <div className="grid content-start gap-4">
            <Skeleton shape="text" />
            <Skeleton shape="row" count={2} />
          </div>
        </div>
        <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
          <CommandLine command="homeport deploy . --project shop --service api --wait" />
          <CodeBlock label="response" code={'{\n  "state": "live",\n  "release": 14\n}'} />
        </div>
        <p>
          A secret: <Secret />
        </p>
        <OneTimeSecret title="Copy the token now: it is not shown again." value={TOKEN} label="API token">
          It is for the command line.
        </OneTimeSecret>
      </Section>
    </>
  );
}
