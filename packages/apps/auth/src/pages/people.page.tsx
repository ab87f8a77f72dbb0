import { Badge, Empty, Form, Pagination, SubmitButton, Table, TextField, Time } from "@homeport/ui";
import type { PlatformPerson } from "../account.ts";
import { paths } from "./paths.ts";
import { PersonCell } from "./person-cell.tsx";
import { PlatformFrame } from "./platform-frame.tsx";

type Props = {
  people: PlatformPerson[];
  search: string;
  firstHref?: string | undefined;
  nextHref?: string | undefined;
};

/** Everybody on the platform. */
export const PeoplePage = ({ people, search, firstHref, nextHref }: Props) => (
  <PlatformFrame
    tab="people"
    title="People"
    description="Everybody who has an account on this platform, whichever organisations they are in."
  >
    <Form
      method="get"
      action={paths.people}
      role="search"
      aria-label="People"
      values={{ search }}
      className="mb-5 max-w-xl sm:grid-cols-[minmax(0,1fr)_auto] sm:items-end"
    >
      <TextField name="search" label="A part of the e-mail address or the name" optional maxLength={100} />
      <SubmitButton variant="secondary">Search</SubmitButton>
    </Form>
    <Table
      caption="People"
      rows={people}
      rowKey={({ id }) => id}
      rowHref={({ id }) => paths.person(id)}
      empty={
        <Empty title={search === "" ? "Nobody on this page" : "Nobody was found"}>
          {search === "" ? "Go back to the first page." : "Try a shorter part of the address or the name."} People join
          by invites, which each organisation sends.
        </Empty>
      }
      columns={[
        {
          id: "person",
          header: "Person",
          cell: ({ id, name, email }) => <PersonCell id={id} name={name} email={email} />,
        },
        {
          id: "organisations",
          header: "Organisations",
          cell: ({ organisations }) => organisations.map(({ slug }) => slug).join(", ") || "none",
        },
        {
          id: "status",
          header: "Status",
          cell: (person) => (isPlain(person) ? null : <PersonBadges person={person} />),
        },
        {
          id: "seen",
          header: "Last seen",
          cell: ({ lastSeenAt }) => (lastSeenAt === null ? "no session now" : <Time at={lastSeenAt} />),
        },
      ]}
    />
    <Pagination label="Pages of people" order="name" previousHref={firstHref} nextHref={nextHref} />
  </PlatformFrame>
);

const isPlain = ({ suspendedAt, instanceRole, hasAuthenticator }: PlatformPerson): boolean =>
  suspendedAt === null && instanceRole === null && !hasAuthenticator;

export const PersonBadges = ({ person }: { person: PlatformPerson }) => (
  <span className="inline-flex flex-wrap gap-1">
    {person.suspendedAt === null ? null : <Badge tone="danger">suspended</Badge>}
    {person.instanceRole === null ? null : <Badge tone="info">{`platform ${person.instanceRole}`}</Badge>}
    {person.hasAuthenticator ? <Badge tone="success">second factor</Badge> : null}
  </span>
);
