import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { ago, note, print, printJson, table } from "../output.ts";
import { connect } from "../session.ts";
import { checkTarget, type Target, withTarget } from "../target.ts";
import { UsageError } from "../usage-error.ts";
import { report } from "./deploy.ts";
import { printValues, REVEAL_HELP } from "./secret-reading.ts";

type ApplyFlags = Target & { apply?: boolean; wait?: boolean; json?: boolean };

export const addEnv = (program: Command): void => {
  const env = program.command("env").description("Variables of a service; values are write-only");
  withExamples(
    withApply(withTarget(env.command("set <KEY=VALUE...>"))),
    'homeport env set --project shop --service api LOG_LEVEL=debug "GREETING=good day" --apply',
  )
    .description("Set variables; the others stay as they are")
    .action(async (pairs: string[], flags: ApplyFlags) => {
      const values = Object.fromEntries(pairs.map(parsePair));
      const { client } = connect();
      const { set } = await client.deployments.variables.set({ ...checkTarget(flags), values });
      await apply(flags, `Set ${set.join(", ")}.`, { set });
    });
  withExamples(
    withApply(withTarget(env.command("unset <KEY...>"))),
    "homeport env unset --project shop --service api LOG_LEVEL --apply",
  )
    .description("Remove variables")
    .action(async (names: string[], flags: ApplyFlags) => {
      const { client } = connect();
      const { unset } = await client.deployments.variables.unset({ ...checkTarget(flags), names });
      const missing = names.filter((name) => !unset.includes(name));
      if (missing.length > 0) note(`Not set before: ${missing.join(", ")}.`);
      await apply(flags, unset.length === 0 ? "Nothing changed." : `Removed ${unset.join(", ")}.`, { unset });
    });
  withExamples(withTarget(env.command("list")), "homeport env list --project shop --service api")
    .description("List the names of the variables")
    .option("--json", "print JSON")
    .action(async (flags: Target & { json?: boolean }) => {
      const { items } = await connect().client.deployments.variables.list(checkTarget(flags));
      if (flags.json === true) printJson(items);
      else if (items.length === 0) note("There are no variables. Set one with: homeport env set KEY=VALUE");
      else
        print(
          table(
            ["name", "changed"],
            items.map(({ name, updatedAt }) => [name, ago(updatedAt)]),
          ),
        );
    });
  withExamples(
    withTarget(env.command("reveal <KEY...>")),
    "homeport env reveal --project shop --service api DATABASE_URL",
  )
    .description("Tell values of variables; the audit log says who asked")
    .addHelpText("after", REVEAL_HELP)
    .option("--json", "print JSON: {KEY: value}; for values of several lines")
    .action(async (names: string[], flags: Target & { json?: boolean }) => {
      const { client } = connect();
      const { values } = await client.deployments.variables.reveal({ ...checkTarget(flags), names });
      printValues(values, names, flags.json);
    });
};

const withApply = (command: Command): Command =>
  command
    .option("--apply", "restart the service with them now; otherwise the next deployment does")
    .option("--wait", "with --apply: wait until that is live (the default in a terminal)")
    .option("--no-wait", "with --apply: return once it is accepted")
    .option("--json", "print JSON");

const parsePair = (pair: string): [string, string] => {
  const at = pair.indexOf("=");
  if (at < 1) throw new UsageError(`"${pair}" is not KEY=VALUE.`);
  return [pair.slice(0, at), pair.slice(at + 1)];
};

const apply = async (flags: ApplyFlags, sentence: string, change: object): Promise<void> => {
  if (flags.apply !== true) {
    if (flags.json === true) printJson(change);
    else print(`${sentence} The next deployment uses it; --apply restarts the service at once.`);
    return;
  }
  note(sentence);
  const { client, options } = connect();
  const target = checkTarget(flags);
  const started = await client.deployments.deployments.create({ ...target, what: "configuration" });
  await report(client, options, target, started, flags);
};
