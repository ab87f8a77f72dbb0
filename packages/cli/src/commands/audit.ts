import { exportAudit } from "@homeport/sdk";
import { type Command, Option } from "commander";
import { type AuditFilterFlags, auditQueryOf, withAuditFilter } from "../audit-filter.ts";
import { everyItem } from "../every-item.ts";
import { withExamples } from "../examples.ts";
import { ago, printBytes, printList } from "../output.ts";
import { connect } from "../session.ts";
import { wholeNumber } from "../whole-number.ts";
import { addAuditVerify } from "./audit-verify.ts";

type ListFlags = AuditFilterFlags & { limit: string; json?: boolean };
type ExportFlags = AuditFilterFlags & { format: "jsonl" | "csv" };

export const addAudit = (program: Command): void => {
  const audit = program
    .command("audit")
    .description("What was changed by whom, and whether that record is intact; for auditors, admins and owners");
  withExamples(
    withAuditFilter(audit.command("list")),
    "homeport audit list --action secret: --limit 20",
    "homeport audit list --project shop --from 2026-06-01",
    "homeport audit list --instance --text ada@example.com",
  )
    .description("List what was changed, newest first")
    .option("--limit <number>", "how many", "50")
    .option("--json", "print JSON")
    .action(list);
  withExamples(
    withAuditFilter(audit.command("export")),
    "homeport audit export > audit.jsonl",
    "homeport audit export --format csv --from 2026-06-01 --to 2026-07-01 > june.csv",
  )
    .description("Print every entry, oldest first")
    .addOption(new Option("--format <format>", "jsonl can be verified").choices(["jsonl", "csv"]).default("jsonl"))
    .addHelpText(
      "after",
      "\nA whole export, or one that only has --from and --to, can be verified later, without the platform:\n  homeport audit verify --file audit.jsonl",
    )
    .action(async (flags: ExportFlags) => {
      const { client, options } = connect();
      const query = { ...(await auditQueryOf(client, flags)), format: flags.format };
      for await (const chunk of exportAudit(options, flags.instance === true ? "instance" : "organisation", query)) {
        await printBytes(chunk);
      }
    });
  addAuditVerify(audit);
};

const list = async (flags: ListFlags): Promise<void> => {
  const limit = wholeNumber("--limit", flags.limit, 10_000);
  const { client } = connect();
  const query = await auditQueryOf(client, flags);
  const log = flags.instance === true ? client.auth.instanceAudit : client.auth.audit;
  printList(await everyItem((at) => log.list({ ...query, ...at }), limit), flags.json, {
    head: ["entry", "when", "who", "did", "to", "from"],
    row: ({ seq, occurredAt, actor, action, subject, address }) => [
      String(seq),
      ago(occurredAt),
      actor.name ?? `${actor.kind} ${actor.id}`,
      action,
      `${subject.kind} ${subject.name ?? subject.id}`,
      address ?? "",
    ],
    none: "There is no such entry.",
  });
};
