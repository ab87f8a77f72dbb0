import { Card, PageHeader } from "@homeport/ui";
import LogView from "@homeport/ui/log-view";
import type { ReactNode } from "react";
import { sampleLine } from "../../../gallery/log-source.ts";

export function LogsPage({ tail, lines }: { tail: string | null; lines: string | null }): ReactNode {
  const shown = Array.from({ length: Number(lines ?? 0) }, (_, index) => sampleLine(index + 1));
  return (
    <>
      <PageHeader title="Logs" description="Everything that api writes, from all replicas." />
      <LogView
        label="Runtime log"
        url={`/logs/stream?tail=${tail ?? 200}`}
        historyUrl="/logs/history"
        downloadUrl="/logs/download"
        lines={shown.length === 0 ? undefined : shown}
      />
      <div className="mt-6 grid gap-6">
        <Card title="A finished log">
          <LogView label="Build log" lines={[1, 2, 3, 4, 5, 6, 7, 8].map(sampleLine)} ended height="sm" />
        </Card>
        <LogView label="An empty log" ended height="sm" />
        <LogView label="A stored log" ended url="/logs/stream" historyUrl="/logs/history" height="sm" />
      </div>
    </>
  );
}
