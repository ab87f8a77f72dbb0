import type { ReactNode } from "react";
import { classNames } from "../class-names.ts";

export interface Column<Row> {
  id: string;
  header: string;
  cell: (row: Row) => ReactNode;
  align?: "start" | "end" | undefined;
  nowrap?: boolean | undefined;
  /** The header is only heard, not seen; for a column of buttons. */
  hideHeader?: boolean | undefined;
}

export interface TableProps<Row> {
  /** Names the table for people who hear the page; not shown. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Shown instead of the table when there are no rows: an `Empty` with the next step. */
  empty?: ReactNode;
  /** Makes the row one link, named by its first cell. */
  rowHref?: ((row: Row) => string | undefined) | undefined;
}

/** Written out, because browsers drop a table's own roles once its parts are no longer displayed as table parts. */
const ROLE = {
  table: { role: "table" },
  rowgroup: { role: "rowgroup" },
  row: { role: "row" },
  columnheader: { role: "columnheader" },
  cell: { role: "cell" },
} as const;

/** A table; under 640 px every row becomes a block of label and value pairs. */
export function Table<Row>({ caption, columns, rows, rowKey, empty, rowHref }: TableProps<Row>): ReactNode {
  if (rows.length === 0 && empty !== undefined) return empty;
  return (
    <div className="hp-table rounded-lg border border-line bg-surface shadow-card">
      <table {...ROLE.table} className="w-full border-collapse text-start">
        <caption className="sr-only">{caption}</caption>
        <thead {...ROLE.rowgroup}>
          <tr {...ROLE.row}>
            {columns.map((column) => (
              <th
                key={column.id}
                {...ROLE.columnheader}
                scope="col"
                className={classNames(
                  "border-b border-line bg-canvas px-4 py-2 text-sm font-medium whitespace-nowrap text-soft",
                  column.align === "end" ? "text-end" : "text-start",
                )}
              >
                {column.hideHeader === true ? <span className="sr-only">{column.header}</span> : column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody {...ROLE.rowgroup}>
          {rows.map((row) => (
            <TableRow key={rowKey(row)} rowKey={rowKey(row)} row={row} columns={columns} href={rowHref?.(row)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface TableRowProps<Row> {
  row: Row;
  rowKey: string;
  columns: readonly Column<Row>[];
  href: string | undefined;
}

function TableRow<Row>({ row, rowKey, columns, href }: TableRowProps<Row>): ReactNode {
  return (
    <tr {...ROLE.row} data-key={rowKey} className={href === undefined ? undefined : "relative [&:hover>td]:bg-canvas"}>
      {columns.map((column, index) => (
        <td
          key={column.id}
          {...ROLE.cell}
          data-label={column.hideHeader === true ? undefined : column.header}
          className={classNames(
            "px-4 py-2.5 align-middle",
            column.align === "end" ? "text-end tabular-nums" : "text-start",
            column.nowrap === true ? "whitespace-nowrap" : "wrap-anywhere",
            // A word of usual length stays in one piece, however much room the other columns ask for.
            column.nowrap !== true && column.align !== "end" && "lg:min-w-28",
            // Above the row's link, so that buttons and chips in later cells stay their own.
            href !== undefined && index > 0 && "hp-cell-over",
          )}
        >
          {href !== undefined && index === 0 ? (
            <a href={href} className="font-medium after:absolute after:inset-0">
              {column.cell(row)}
            </a>
          ) : (
            column.cell(row)
          )}
        </td>
      ))}
    </tr>
  );
}
