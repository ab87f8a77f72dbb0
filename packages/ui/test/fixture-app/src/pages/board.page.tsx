import { InlineForm, PageHeader, Section, StatusPill, SubmitButton, Table, TextField } from "@homeport/ui";
import LogView from "@homeport/ui/log-view";
import type { ReactNode } from "react";
import Counter from "./counter.island.tsx";
import Messages from "./messages.island.tsx";

export interface Job {
  id: string;
  state: "queued" | "building" | "live" | "cancelled";
}

/** A page that is brought up to date while it is open. */
export function BoardPage({
  jobs,
  notice,
  start,
}: {
  jobs: readonly Job[];
  notice?: string;
  start: number;
}): ReactNode {
  return (
    <>
      {notice === undefined ? null : <p>{notice}</p>}
      <PageHeader title="Jobs" description={`${jobs.length} jobs`} />
      <Messages />
      <Counter start={start} label={`Counter of ${jobs.length}`} />
      <Table
        caption="Jobs"
        rows={jobs}
        rowKey={(job) => job.id}
        columns={[
          { id: "id", header: "Job", cell: (job) => job.id },
          { id: "state", header: "State", cell: (job) => <StatusPill state={job.state} /> },
          {
            id: "act",
            header: "Actions",
            hideHeader: true,
            cell: (job) => (
              <InlineForm action={`/board/${job.id}/cancel`}>
                <SubmitButton size="sm">Cancel {job.id}</SubmitButton>
              </InlineForm>
            ),
          },
        ]}
      />
      <form action="/board" method="post">
        <TextField name="note" label="Note" optional />
        <SubmitButton>Add a job</SubmitButton>
      </form>
      <Section title="Log">
        <LogView label="Runtime log" url="/logs/stream?tail=200" height="sm" />
      </Section>
    </>
  );
}
