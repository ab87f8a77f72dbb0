import type { LoggedEntry } from "./audit-log.ts";

type Column = { name: string; cell: (entry: LoggedEntry) => string };

const values = (fields: Record<string, unknown> | null): string => (fields === null ? "" : JSON.stringify(fields));

const COLUMNS: readonly Column[] = [
  { name: "number", cell: ({ seq }) => String(seq) },
  { name: "time", cell: ({ record }) => record.occurredAt },
  { name: "action", cell: ({ record }) => record.action },
  { name: "actor kind", cell: ({ record }) => record.actor.kind },
  { name: "actor id", cell: ({ record }) => record.actor.id },
  { name: "actor name", cell: ({ record }) => record.actor.name ?? "" },
  { name: "credential kind", cell: ({ record }) => record.actor.credential?.kind ?? "" },
  { name: "credential id", cell: ({ record }) => record.actor.credential?.id ?? "" },
  { name: "subject kind", cell: ({ record }) => record.subject.kind },
  { name: "subject id", cell: ({ record }) => record.subject.id },
  { name: "subject name", cell: ({ record }) => record.subject.name ?? "" },
  { name: "project id", cell: ({ record }) => record.projectId ?? "" },
  { name: "address", cell: ({ record }) => record.address ?? "" },
  { name: "user agent", cell: ({ record }) => record.userAgent ?? "" },
  { name: "request id", cell: ({ record }) => record.requestId ?? "" },
  { name: "reason", cell: ({ record }) => record.reason ?? "" },
  { name: "before", cell: ({ record }) => values(record.before) },
  { name: "after", cell: ({ record }) => values(record.after) },
  { name: "app", cell: ({ record }) => record.app },
  { name: "hash", cell: ({ hash }) => hash },
];

/** CSV with a header line, as RFC 4180 has it. */
export const CSV_HEADER = `${COLUMNS.map(({ name }) => name).join(",")}\r\n`;

export const toCsvLine = (entry: LoggedEntry): string =>
  `${COLUMNS.map(({ cell }) => csvCell(cell(entry))).join(",")}\r\n`;

/**
 * Spreadsheets take a cell that begins like a formula for one, and names in entries are chosen by strangers; an
 * apostrophe makes it text (OWASP, CSV injection).
 */
export const csvCell = (text: string): string => {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
};
