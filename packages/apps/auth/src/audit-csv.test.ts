import { expect, test } from "bun:test";
import { csvCell } from "./audit-csv.ts";

const rows: { name: string; text: string; cell: string }[] = [
  { name: "plain text is itself", text: "project:remove", cell: "project:remove" },
  { name: "a comma is quoted", text: "a,b", cell: '"a,b"' },
  { name: "quotes are doubled", text: 'say "hi"', cell: '"say ""hi"""' },
  { name: "lines are quoted", text: "a\r\nb", cell: '"a\r\nb"' },
  { name: "a formula is text", text: '=HYPERLINK("http://evil")', cell: `"'=HYPERLINK(""http://evil"")"` },
  { name: "a sum is text", text: "+1", cell: "'+1" },
  { name: "a negative is text", text: "-1", cell: "'-1" },
  { name: "a function is text", text: "@SUM(A1)", cell: "'@SUM(A1)" },
  { name: "a tab before a formula does not hide it", text: "\t=1", cell: "'\t=1" },
  { name: "a return before a formula does not hide it", text: "\r=1", cell: `"'\r=1"` },
];
for (const { name, text, cell } of rows) test(name, () => expect(csvCell(text)).toBe(cell));
