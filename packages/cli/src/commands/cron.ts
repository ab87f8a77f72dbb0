import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { ago, note, print, printJson, table } from "../output.ts";
import { connect } from "../session.ts";
import { type Target, withTarget } from "../target.ts";
import { wholeNumber } from "../whole-number.ts";
import { followRun, placeOf } from "./run.ts";

type Flags = Target & { environment?: string; json?: boolean };

const SHOWN = "20";

export const addCron = (program: Command): void => {
  const cron = program.command("cron").description("Cron services: when they run, and how they ran");
  withExamples(withTarget(cron.command("list")), "homeport cron list --project shop --service report")
    .description("Show the next times of a cron service and its runs, newest first")
    .option("--environment <name>", "the environment; production unless given")
    .option("--limit <number>", "how many runs", SHOWN)
    .option("--json", "print JSON: {schedule, nextTimes, runs, …}")
    .action(list);
  withExamples(withTarget(cron.command("run")), "homeport cron run --project shop --service report")
    .description("Run a cron service now; exits with its command's exit code")
    .option("--environment <name>", "the environment; production unless given")
    .option("--no-wait", "return once it is accepted")
    .option("--json", "print JSON once it is over, and its output to stderr")
    .action(async (flags: Flags & { wait?: boolean }) => {
      const { client } = connect();
      const place = placeOf(flags);
      await followRun(client, place, await client.deployments.cron.run(place), flags);
    });
};

const list = async (flags: Flags & { limit: string }): Promise<void> => {
  const { client } = connect();
  const place = placeOf(flags);
  const limit = wholeNumber("--limit", flags.limit, 100);
  const { latest: _latest, ...service } = await client.deployments.cron.get(place);
  const { items: runs } = await client.deployments.runs.list({ ...place, kind: "cron", limit });
  if (flags.json === true) return printJson({ ...service, runs });
  const { schedule, timeZone, paused, nextTimes } = service;
  note(schedule === null ? "It has no schedule." : `${schedule} (${timeZone})${paused ? ", paused" : ""}`);
  for (const at of nextTimes) note(`next  ${at}`);
  if (runs.length === 0) return note("It has not run yet.");
  const rows = runs.map((run) => [
    run.id,
    run.state,
    run.scheduledFor ?? "by hand",
    ago(run.createdAt),
    run.reason?.message ?? "",
  ]);
  print(table(["run", "state", "for", "made", ""], rows));
};
