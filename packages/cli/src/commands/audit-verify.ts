import { type ChainReport, verifyLines } from "@homeport/kit/audit/verify.ts";
import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { note, printOne } from "../output.ts";
import { connect } from "../session.ts";
import { readLines } from "../text-lines.ts";
import { UnmetError, UsageError } from "../usage-error.ts";

type Flags = { instance?: boolean; file?: string; json?: boolean };

export const addAuditVerify = (audit: Command): void => {
  withExamples(
    audit.command("verify"),
    "homeport audit verify",
    "homeport audit verify --instance --json",
    "homeport audit verify --file audit.jsonl",
  )
    .description("Check that no entry was changed, moved, added or removed; exit 0 only when that is so")
    .option("--instance", "the platform's log instead of the organisation's")
    .option("--file <path>", "an export (jsonl) instead, without asking any platform; - is standard input")
    .option("--json", "print JSON: {ok, entries, head} or {ok, brokenAt, why}")
    .addHelpText(
      "after",
      "\nThe head is the number and hash of the last entry: keep it elsewhere, and a later check shows that it is still there.",
    )
    .action(verify);
};

const COMPARE =
  "A file that was cut off looks the same: compare the head with the platform's, which this tells: homeport audit verify";

const verify = async ({ instance, file, json }: Flags): Promise<void> => {
  if (file !== undefined && instance === true)
    throw new UsageError("--file names the log already: leave --instance out.");
  const report = file === undefined ? await askPlatform(instance === true) : await verifyFile(file);
  if (report.ok) {
    printOne(report, json, tellIntact(report));
    if (file !== undefined && json !== true) note(COMPARE);
    return;
  }
  const sentence = `Broken at entry ${report.brokenAt}: ${report.why}`;
  if (json === true) printOne(report, json, sentence);
  else note(sentence);
  throw new UnmetError(sentence);
};

const askPlatform = (isInstance: boolean): Promise<ChainReport> => {
  const { client } = connect();
  return isInstance ? client.auth.instanceAudit.verify({}) : client.auth.audit.verify({});
};

/** @throws {UsageError} for a file without entries: nothing says that there were none */
const verifyFile = async (file: string): Promise<ChainReport> => {
  const report = await verifyLines(readLines(file));
  if (report.ok && report.entries === 0) throw new UsageError(`There are no entries in ${file}.`);
  return report;
};

const tellIntact = ({ entries, head }: Extract<ChainReport, { ok: true }>): string =>
  entries === 0
    ? "Intact: nothing was written yet."
    : `Intact: entries ${head.seq - entries + 1} to ${head.seq}.\nHead: ${head.seq} ${head.hash}`;
