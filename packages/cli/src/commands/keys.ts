import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { ago, printList, printOne } from "../output.ts";
import { connect } from "../session.ts";
import { needsNamed } from "../unnamed.ts";
import { wholeNumber } from "../whole-number.ts";

type Flags = { json?: boolean };

const sealsText = (state: string, remaining: number | null): string => {
  if (state !== "retired") return "not counted";
  return remaining === null ? "being counted" : String(remaining);
};

export const addKeys = (program: Command): void => {
  const keys = program
    .command("keys")
    .description("Keys that secrets are sealed with in the database, for owners of the platform");
  const needed = needsNamed("key:rotate");
  withExamples(keys.command("list"), "homeport keys list")
    .description("List the keys, and how many values those that were replaced still seal")
    .option("--json", "print JSON")
    .action(async ({ json }: Flags) => {
      const { items } = await connect().client.settings.keys.list({});
      printList(items, json, {
        head: ["id", "state", "made", "seals"],
        row: ({ id, state, createdAt, remaining }) => [String(id), state, ago(createdAt), sealsText(state, remaining)],
        none: "There are no keys yet; the first start of the platform makes one.",
      });
    });
  withExamples(keys.command("rotate"), "homeport keys rotate", "homeport keys list")
    .description("Make a new key; in the background everything sealed is sealed anew with it")
    .option("--json", "print JSON: {id}")
    .addHelpText("after", needed)
    .action(async ({ json }: Flags) => {
      const made = await connect().client.settings.keys.rotate({});
      printOne(made, json, `Key ${made.id} takes over. The one before can be removed once it seals nothing.`);
    });
  withExamples(keys.command("remove <id>"), "homeport keys remove 1")
    .description("Remove a retired key that seals nothing any more")
    .option("--json", "print JSON")
    .addHelpText("after", needed)
    .action(async (text: string, { json }: Flags) => {
      const id = wholeNumber("The id", text, 2 ** 31 - 1);
      printOne(await connect().client.settings.keys.remove({ id }), json, `Removed key ${id}.`);
    });
};
