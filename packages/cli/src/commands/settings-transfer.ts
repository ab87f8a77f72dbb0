import type { Client } from "@homeport/sdk";
import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { readTextFile } from "../key-values.ts";
import { note, print, printJson, table } from "../output.ts";
import { connect } from "../session.ts";
import { readStdin } from "../stdin.ts";
import { UsageError } from "../usage-error.ts";

type ImportInput = Parameters<Client["settings"]["settings"]["import"]>[0];
type ImportFlags = { dryRun?: boolean; strict?: boolean; json?: boolean };

/** Taking settings to another platform. */
export const addSettingsTransfer = (settings: Command): void => {
  withExamples(settings.command("export"), "homeport settings export > settings.json")
    .description("Print what people set as a JSON document, without secrets")
    .option("--json", "the same: it is JSON anyway")
    .action(async () => printJson(await connect().client.settings.settings.export({})));
  withExamples(
    settings.command("import <file>"),
    "homeport settings import settings.json --dry-run",
    "ssh old homeport settings export | homeport settings import -",
  )
    .description("Import an exported document, all or nothing; - reads it from standard input")
    .option("--dry-run", "only say what that would change")
    .option("--strict", "refuse a document that names settings which are not known here")
    .option("--json", "print JSON: {changes, unknown, applied}")
    .action(importSettings);
};

const importSettings = async (file: string, { dryRun = false, strict = false, json }: ImportFlags): Promise<void> => {
  const text = file === "-" ? await readStdin("-") : await readTextFile(file);
  const result = await connect().client.settings.settings.import({ document: parse(file, text), dryRun, strict });
  if (json === true) {
    printJson(result);
    return;
  }
  if (result.unknown.length > 0) note(`Not known here, and left out: ${result.unknown.join(", ")}.`);
  if (result.changes.length === 0) {
    note("Everything is like that already.");
    return;
  }
  const rows = result.changes.map(({ name, from, to }) => [name, JSON.stringify(from), JSON.stringify(to)]);
  print(table(["setting", "from", "to"], rows));
  note(result.applied ? "These were changed." : "These would change; nothing was.");
};

/** The platform checks what is in it. @throws {UsageError} */
const parse = (file: string, text: string): ImportInput["document"] => {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${file === "-" ? "What came" : file} is no JSON. Make one with: homeport settings export`);
  }
};
