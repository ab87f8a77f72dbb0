import type { Client } from "@homeport/sdk";
import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { print, printJson, printList } from "../output.ts";
import { connect } from "../session.ts";
import { type Target, withTarget } from "../target.ts";
import { tellProblems } from "./env.ts";
import { placeOf } from "./run.ts";

type Flags = Target & { to: string; environment?: string; apply?: boolean; json?: boolean };
type Answer = Awaited<ReturnType<Client["deployments"]["bindings"]["create" | "remove"]>>;

const HELP = `
A binding is variables that refer to the database, such as DATABASE_URL: \`homeport env list\` shows them, and they follow
when it is renamed. It holds in all environments, in each with the database of that environment; --environment binds one
alone. No credentials are printed.`;

export const addBind = (program: Command): void => {
  withExamples(
    withTarget(program.command("bind")).addHelpText("after", HELP),
    "homeport bind --project shop --service api --to db",
    "homeport bind --project shop --service api --to reports --prefix REPORTS_ --apply",
    "homeport bind --project shop --service api                       # what it is bound to",
  )
    .description("Give a service access to a database of its project; without --to, show what it is bound to")
    .option("--to <database>", "the database, as it is called in the project")
    .option("--prefix <text>", "before the names of the variables")
    .option("--environment <name>", "in this environment alone")
    .option("--apply", "deploy what it changes now; otherwise the next deployment uses it")
    .option("--json", "print JSON")
    .action(async ({ prefix, to, ...flags }: Omit<Flags, "to"> & { to?: string; prefix?: string }) => {
      if (to === undefined) return list(flags);
      const { client } = connect();
      const wanted = { ...placeOf(flags), to, apply: flags.apply === true };
      const answer = await client.deployments.bindings.create(prefix === undefined ? wanted : { ...wanted, prefix });
      const { set } = answer;
      conclude(flags, answer, set.length === 0 ? "It is bound already." : `${flags.service} gets ${set.join(", ")}.`);
    });
  withExamples(
    withTarget(program.command("unbind")).requiredOption("--to <database>", "the database"),
    "homeport unbind --project shop --service api --to db --apply",
  )
    .description("Take a database's variables from a service; the database stays as it is")
    .option("--environment <name>", "what it has in this environment alone")
    .option("--apply", "deploy what it changes now; otherwise the next deployment does without them")
    .option("--json", "print JSON")
    .action(async (flags: Flags) => {
      const wanted = { ...placeOf(flags), to: flags.to, apply: flags.apply === true };
      const answer = await connect().client.deployments.bindings.remove(wanted);
      conclude(flags, answer, `Removed ${answer.unset.join(", ")}.`);
    });
};

const list = async (flags: Omit<Flags, "to">): Promise<void> => {
  const { items } = await connect().client.deployments.bindings.list(placeOf(flags));
  printList(items, flags.json, {
    head: ["database", "kind", "variables"],
    row: ({ to, template, variables }) => [to, template, variables.map(({ name }) => name).join(" ")],
    none: "It is bound to nothing. Bind it with --to, or add a database with: homeport add --list",
  });
};

const conclude = ({ apply, json }: Omit<Flags, "to">, answer: Answer, sentence: string): void => {
  tellProblems(answer.problems);
  const deployed = (answer.deployments ?? []).map(({ service, environment }) => `${service} in ${environment}`);
  if (json === true) printJson(answer);
  else if (apply !== true) print(`${sentence} The next deployment uses it; --apply deploys what it changes at once.`);
  else if (deployed.length === 0) print(`${sentence} Nothing that runs changes by it.`);
  else print(`${sentence} Deploying ${deployed.join(", ")}.`);
};
