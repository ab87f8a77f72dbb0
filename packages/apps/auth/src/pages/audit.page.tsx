import type { ChainReport } from "@homeport/kit/audit/verify.ts";
import type { MemberPrincipal } from "@homeport/kit/principal.ts";
import {
  Alert,
  Empty,
  Form,
  FormActions,
  InlineForm,
  LinkButton,
  Pagination,
  Section,
  SubmitButton,
  Table,
  TextField,
  Time,
} from "@homeport/ui";
import type { ReactNode } from "react";
import type { AuditLog, LoggedEntry } from "../audit-log.ts";
import { Actor, Details, Subject } from "./audit-entry.tsx";
import { auditPaths } from "./audit-paths.ts";
import { type AuditView, isNarrowed, viewFields } from "./audit-view.ts";
import { OrganisationFrame } from "./organisation-frame.tsx";
import { PlatformFrame } from "./platform-frame.tsx";

type Props = {
  log: AuditLog;
  view: AuditView;
  member: MemberPrincipal;
  entries: readonly LoggedEntry[];
  nextCursor: string | null;
  /** Of a check that was just asked for. */
  report?: ChainReport | undefined;
};

/** Who changed what, when; newest first. */
export const AuditPage = ({ log, view, member, entries, nextCursor, report }: Props) => {
  const paths = auditPaths(log);
  return (
    <Frame log={log} member={member} actions={<Actions log={log} view={view} />}>
      {report === undefined ? null : <Report report={report} />}
      <Filter log={log} view={view} />
      <Table
        caption="Entries of the audit log"
        rows={entries}
        rowKey={({ seq }) => String(seq)}
        empty={<NoEntries log={log} view={view} />}
        columns={[
          { id: "when", header: "When", cell: ({ record }) => <Time at={record.occurredAt} />, nowrap: true },
          { id: "who", header: "Actor", cell: ({ record }) => <Actor log={log} record={record} /> },
          {
            id: "action",
            header: "Action",
            nowrap: true,
            cell: ({ record }) => (
              <a href={paths.list({ action: record.action })} className="hover:underline">
                <code className="text-sm">{record.action}</code>
              </a>
            ),
          },
          { id: "subject", header: "Subject", cell: ({ record }) => <Subject log={log} record={record} /> },
          { id: "details", header: "Details", cell: (entry) => <Details entry={entry} /> },
        ]}
      />
      <Pagination
        label="Entries"
        {...(view.cursor === "" ? {} : { previousHref: paths.list({ ...view, cursor: "" }) })}
        {...(nextCursor === null ? {} : { nextHref: paths.list({ ...view, cursor: nextCursor }) })}
      />
    </Frame>
  );
};

type FrameProps = Pick<Props, "log" | "member"> & { actions: ReactNode; children: ReactNode };

/** The log is one page of its organisation, or of the platform. */
const Frame = ({ log: { resource, title, description }, member, actions, children }: FrameProps) =>
  resource === "platform" ? (
    <PlatformFrame tab="audit" title={title} description={description} actions={actions}>
      {children}
    </PlatformFrame>
  ) : (
    <OrganisationFrame tab="audit" member={member}>
      <Section title={title} description={description} actions={actions}>
        {children}
      </Section>
    </OrganisationFrame>
  );

const Actions = ({ log, view }: Pick<Props, "log" | "view">) => {
  const paths = auditPaths(log);
  return (
    <>
      <LinkButton href={paths.download(view, "csv")} download>
        Export CSV
      </LinkButton>
      <LinkButton href={paths.download(view, "jsonl")} download>
        Export JSON
      </LinkButton>
      <InlineForm action={paths.verify}>
        <SubmitButton variant="secondary" pendingLabel="Verifying…">
          Verify
        </SubmitButton>
      </InlineForm>
    </>
  );
};

const Report = ({ report }: { report: ChainReport }) => (
  <div className="mb-6">
    {report.ok ? (
      <Alert tone="success" title="Nothing was changed or removed.">
        {report.entries === 0 ? (
          <p>There are no entries yet.</p>
        ) : (
          <p>
            All {report.entries} entries follow from each other, and from what was signed. The last one has the hash{" "}
            <code className="text-sm wrap-anywhere">{report.head.hash}</code>.
          </p>
        )}
      </Alert>
    ) : (
      <Alert tone="danger" title={`This log was changed at entry ${report.brokenAt}.`}>
        <p>{report.why} Somebody with access to the database did this: the platform itself only adds entries.</p>
      </Alert>
    )}
  </div>
);

const Filter = ({ log, view }: { log: AuditLog; view: AuditView }) => {
  const { cursor: _cursor, ...values } = viewFields(view);
  return (
    <Form
      method="get"
      action={auditPaths(log).list()}
      role="search"
      aria-label="Filter the audit log"
      values={values}
      className="mb-6 grid-cols-2 gap-x-4 gap-y-4 lg:grid-cols-4"
    >
      <TextField name="text" label="Text" optional maxLength={100} />
      <TextField name="action" label="Action" optional mono maxLength={100} placeholder="project:" />
      <TextField name="from" label="From (UTC)" optional type="date" />
      <TextField name="to" label="Until (UTC)" optional type="date" />
      <details open={view.actor + view.subject + view.project !== ""} className="col-span-full">
        <summary className="w-fit cursor-pointer text-soft hover:text-ink">By the id of somebody or something</summary>
        <div className="mt-3 grid gap-4 sm:grid-cols-3">
          <TextField name="actor" label="Actor" optional mono maxLength={100} />
          <TextField name="subject" label="Subject" optional mono maxLength={100} />
          <TextField name="project" label="Project" optional mono maxLength={36} />
        </div>
      </details>
      <FormActions>
        <SubmitButton variant="secondary">Apply</SubmitButton>
        {isNarrowed(view) ? (
          <LinkButton href={auditPaths(log).list()} variant="quiet">
            Show all
          </LinkButton>
        ) : null}
      </FormActions>
    </Form>
  );
};

const NoEntries = ({ log, view }: { log: AuditLog; view: AuditView }) =>
  isNarrowed(view) || view.cursor !== "" ? (
    <Empty title="No such entries" action={<LinkButton href={auditPaths(log).list()}>Show all</LinkButton>} />
  ) : (
    <Empty title="Nothing was changed yet">Every change from now on is written down here.</Empty>
  );
