import type { Client } from "@homeport/sdk";
import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { counted, note, print, printJson } from "../output.ts";
import { checkName } from "../secret-target.ts";
import { connect } from "../session.ts";
import { UsageError } from "../usage-error.ts";
import { tellProblems } from "./env.ts";
import { reportMany } from "./report-many.ts";

type Flags = { project: string; json?: boolean };
type Draft = Awaited<ReturnType<Client["deployments"]["changes"]["get"]>>;

export const addChanges = (program: Command): void => {
  const changes = program.command("changes").description("Staged changes of a project: see, discard and apply them");
  const command = (name: string): Command =>
    changes.command(name).requiredOption("--project <name>", "the project").option("--json", "print JSON");

  withExamples(command("list"), "homeport changes list --project shop")
    .description("Show what is staged, and what applying it would make different")
    .action(async (flags: Flags) => {
      const draft = await connect().client.deployments.changes.get({ project: checkName("--project", flags.project) });
      if (flags.json === true) printJson(draft);
      else show(draft);
    });

  withExamples(
    command("discard [ID...]"),
    "homeport changes discard --project shop 01890000-0000-7000-8000-000000000001",
    "homeport changes discard --project shop --all",
  )
    .description("Discard staged changes, with those that need them")
    .option("--all", "all of them")
    .action(async (ids: string[], flags: Flags & { all?: boolean }) => {
      if (ids.length > 0 === (flags.all === true)) throw new UsageError("Name changes by their ids, or use --all.");
      const named = flags.all === true ? {} : { changeIds: ids };
      const project = checkName("--project", flags.project);
      const answer = await connect().client.deployments.changes.discard({ project, ...named });
      if (flags.json === true) printJson(answer);
      else print(`Discarded ${counted(answer.discarded.length, "change")}.`);
    });

  withExamples(
    command("apply [ID...]"),
    'homeport changes apply --project shop --message "a bigger cache"',
    "homeport changes apply --project shop --wait",
    "homeport changes apply --project shop --mine 01890000-0000-7000-8000-000000000001",
  )
    .description("Apply staged changes, all unless named, and deploy what they change, each once")
    .option("--message <text>", "why; the history of changes keeps it")
    .option("--draft <version>", "only the draft of this version, as `changes list` showed it")
    .option("--wait", "wait until all that it deploys is live; exits 0 only when it is (the default in a terminal)")
    .option("--no-wait", "return once it is applied")
    .option("--no-deploy", "change nothing that runs; the next deployments use it")
    .option("--mine <id...>", "of changes that conflict: hold, whatever somebody else did")
    .option("--theirs <id...>", "of changes that conflict: give way")
    .action(
      async (
        ids: string[],
        flags: Flags & {
          message?: string;
          draft?: string;
          deploy: boolean;
          wait?: boolean;
          mine?: string[];
          theirs?: string[];
        },
      ) => {
        const resolve = Object.fromEntries([
          ...(flags.mine ?? []).map((id) => [id, "mine"] as const),
          ...(flags.theirs ?? []).map((id) => [id, "theirs"] as const),
        ]);
        const { client } = connect();
        const project = checkName("--project", flags.project);
        const applied = await client.deployments.changes.apply({
          project,
          resolve,
          deploy: flags.deploy ? "affected" : "none",
          ...(ids.length === 0 ? {} : { changeIds: ids }),
          ...(flags.message === undefined ? {} : { message: flags.message }),
          ...(flags.draft === undefined ? {} : { draftVersion: versionOf(flags.draft) }),
        });
        tellProblems(applied.problems);
        for (const { service, environment, reason } of applied.notDeployed) {
          note(`Not deployed: ${service} in ${environment}. ${reason}`);
        }
        const deployed = applied.deployments.map(({ service, environment }) => `${service} in ${environment}`);
        const told = [
          applied.changeSet === null ? "Nothing was different." : `Applied as set ${applied.changeSet}.`,
          ...(deployed.length > 0 ? [`Deploying ${deployed.join(", ")}.`] : []),
        ];
        await reportMany(client, project, applied, told.join("\n"), flags);
      },
    );
};

const versionOf = (text: string): number => {
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`--draft "${text}": use the number that \`changes list\` shows.`);
  return Number(text);
};

const show = (draft: Draft): void => {
  if (draft.changes.length === 0) {
    note("Nothing is staged. Stage a variable with: homeport env set KEY=VALUE --stage");
    return;
  }
  print(`Draft ${draft.version}, ${counted(draft.changes.length, "change")}:`);
  for (const { id, change, author, error } of draft.changes) {
    print(`  ${id}  ${change.op} ${subjectOf(change)} (${author.name})${error === null ? "" : `: ${error}`}`);
  }
  print("It makes different:");
  for (const { target, change, fields } of draft.diff) {
    print(`  ${change} ${target.kind} ${target.name}`);
    if (change === "changed") {
      for (const { field, before, after } of fields) print(`    ${field}: ${asText(before)} -> ${asText(after)}`);
    }
  }
  for (const { changeId, target, theirs } of draft.conflicts) {
    note(`Conflict: ${target.name} was changed by ${theirs?.author.name ?? "somebody"} meanwhile (${changeId}).`);
  }
  tellProblems(draft.problems);
  if (draft.hiddenCount > 0) note(`${draft.hiddenCount} more are about what you may not see.`);
};

const subjectOf = (change: Record<string, unknown>): string =>
  [change.slug, change.name].filter((text) => typeof text === "string").join(" ");

const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
