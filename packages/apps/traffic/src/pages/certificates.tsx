import { Badge, Empty, Section, Table, Time } from "@homeport/ui";
import { daysUntil } from "../expiry.ts";
import type { Traffic } from "../traffic.ts";

type Props = { certificates: Traffic["certificates"]; workerCount: number; now: Date };

export const Certificates = ({ certificates, workerCount, now }: Props) => (
  <Section title="Certificates" id="certificates" description="What the gateways show to visitors over HTTPS.">
    <Table
      caption="Certificates"
      rows={certificates}
      rowKey={({ source, expiresAt, names }) => `${source} ${expiresAt} ${names.join(" ")}`}
      empty={<Empty title="No certificates">The gateways serve plain HTTP only.</Empty>}
      columns={[
        { id: "names", header: "Names", cell: ({ names }) => names.join(", ") },
        { id: "source", header: "From", cell: ({ source }) => <code className="text-sm">{source}</code> },
        {
          id: "workers",
          header: "Workers",
          cell: ({ workers }) =>
            workers < workerCount ? <Badge tone="warning">{`${workers} of ${workerCount}`}</Badge> : "all",
        },
        {
          id: "expires",
          header: "Expires",
          cell: ({ expiresAt }) => <Expiry at={expiresAt} now={now} />,
          align: "end",
        },
      ]}
    />
  </Section>
);

const Expiry = ({ at, now }: { at: string; now: Date }) => {
  const days = daysUntil(at, now);
  return (
    <div className="grid justify-items-end gap-1">
      <Time at={at} format="absolute" />
      {days === null ? (
        <Badge tone="danger">expired</Badge>
      ) : days < 15 ? (
        <Badge tone="warning">{days} days left</Badge>
      ) : (
        `${days} days left`
      )}
    </div>
  );
};
