import { eachChain, makeCheckpoints, verifyHistory } from "@homeport/kit/audit/checkpoints.ts";
import { type ChainReport, toLine } from "@homeport/kit/audit/verify.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { OrganisationId } from "@homeport/kit/ids.ts";
import type { Logger } from "@homeport/kit/log.ts";
import { cutPage, type Paged } from "@homeport/kit/paging.ts";
import { CSV_HEADER, toCsvLine } from "../audit-csv.ts";
import type { AuditFilter, LoggedEntry } from "../audit-log.ts";
import { listEntries, listEntriesAfter } from "../store/audit.ts";
import { createAuditLoad } from "./audit-load.ts";

/** With 64 KiB each, 12 MiB at the very worst. */
const EXPORT_BATCH = 200;

export type AuditExportFormat = "jsonl" | "csv";

/** `key` signs checkpoints: `checkpointKey` of the platform's secret. Owner null is the platform itself. */
export const createAuditLogs = (sql: Sql, key: Buffer, log: Logger, load = createAuditLoad()) => ({
  /** Newest first. @throws {DomainError} invalid, for a cursor that no page gave; rate_limited */
  async list(
    owner: OrganisationId | null,
    filter: AuditFilter,
    { cursor, limit }: { cursor?: string | undefined; limit: number },
  ): Promise<Paged<LoggedEntry>> {
    const list = () => listEntries(sql, owner, filter, placeOf(cursor), limit + 1);
    const found = await (filter.text === null ? list() : load.inTurn(list));
    return cutPage(found, limit, ({ seq }) => String(seq));
  },

  /**
   * The entries in their own order, as text. Lines of JSON without a filter can be verified without this platform
   * (`verifyLines` of kit).
   *
   * @throws {DomainError} rate_limited
   */
  exportLines(
    owner: OrganisationId | null,
    filter: AuditFilter,
    format: AuditExportFormat,
  ): AsyncGenerator<string, void> {
    load.exports.refuse(owner); // here, where it still can be an answer; what nobody reads never begins
    const lines = async function* () {
      const release = load.exports.take(owner);
      try {
        if (format === "csv") yield CSV_HEADER;
        for (let after = 0; ; ) {
          const from = after;
          const batch = await load.inTurn(() => listEntriesAfter(sql, owner, filter, from, EXPORT_BATCH));
          if (batch.length > 0) yield batch.map(format === "csv" ? toCsvLine : toLine).join("");
          after = batch.at(-1)?.seq ?? after;
          if (batch.length < EXPORT_BATCH) return;
        }
      } finally {
        release();
      }
    };
    return lines();
  },

  /** Looks at every entry and every checkpoint of a log. @throws {DomainError} rate_limited */
  async verify(owner: OrganisationId | null, signal: AbortSignal): Promise<ChainReport> {
    const release = load.checks.take(owner);
    try {
      return await verifyHistory(sql, key, owner, signal);
    } finally {
      release();
    }
  },

  /** The same for all logs. One that is broken is told of in the log of the app and by an event, each time. */
  async verifyAll(signal: AbortSignal): Promise<void> {
    for await (const organisationId of eachChain(sql)) {
      const report = await verifyHistory(sql, key, organisationId, signal);
      if (report.ok) continue;
      const { brokenAt, why } = report;
      log.error({ organisationId, brokenAt, why }, "an audit log was changed");
      await emit(sql, { type: "auth.audit.broken", source: "auth", organisationId, data: { brokenAt, why } });
    }
  },

  /** Signs how far the logs have come. A broken one is not signed; `verifyAll` raises the alarm about it. */
  async makeCheckpoints(signal: AbortSignal): Promise<void> {
    const { broken } = await makeCheckpoints(sql, key, signal);
    for (const chain of broken) log.error(chain, "an audit log is broken and gets no checkpoint");
  },
});

export type AuditLogs = ReturnType<typeof createAuditLogs>;

const placeOf = (cursor: string | undefined): number | null => {
  if (cursor === undefined) return null;
  if (/^[1-9]\d{0,14}$/.test(cursor)) return Number(cursor);
  throw new DomainError("invalid", "cursor: is not one of ours.");
};
