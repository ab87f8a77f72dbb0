import { type Client, clientError } from "@homeport/sdk";
import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { note, print, printJson } from "../output.ts";
import { connect } from "../session.ts";
import { checkPlace, type Place, withPlace } from "../target.ts";
import { wholeNumber } from "../whole-number.ts";

type Flags = Place & { release?: string; timeout: string; wait?: boolean; json?: boolean };
type Run = Awaited<ReturnType<Client["deployments"]["runs"]["get"]>>;

const LOOK_MS = 400;
/** A platform that restarts goes on with the run, so who waits for it waits for the platform too. */
const RETRY_MS = 1_000;
const PATIENCE_MS = 60_000;
/** How long after the end of a run its last lines may still come. */
const LAST_LINES_MS = 2_000;

export const addRun = (program: Command): void => {
  withExamples(
    withPlace(program.command("run")),
    "homeport run --project shop --service api -- bun migrate.ts --dry-run",
    "homeport run --project shop --service api --environment staging -- sh -c 'env | sort'",
  )
    .description("Run a command once in the live release, with its variables; exits with the command's exit code")
    .argument("<command...>", "the program and its arguments, after --")
    .option("--release <number>", "another release than the live one")
    .option("--timeout <seconds>", "when it is stopped", "900")
    .option("--no-wait", "return once it is accepted")
    .option("--json", "print JSON once it is over, and its output to stderr")
    .action(run);
};

const run = async (argv: string[], flags: Flags): Promise<void> => {
  const { client } = connect();
  const place = placeOf(flags);
  const started = await client.deployments.runs.create({
    ...place,
    argv,
    timeoutSeconds: wholeNumber("--timeout", flags.timeout, 86_400),
    ...(flags.release === undefined ? {} : { release: wholeNumber("--release", flags.release, 1_000_000) }),
  });
  await followRun(client, place, started, flags);
};

export const placeOf = checkPlace;

/** Shows the output of a run until it is over, and makes its exit code this process's. Ctrl-C asks it to stop. */
export const followRun = async (
  client: Client,
  place: Place,
  started: Run,
  { wait, json }: { wait?: boolean; json?: boolean },
): Promise<void> => {
  if (wait === false) {
    if (json === true) printJson(started);
    else print(`Started: ${started.id}`);
    return;
  }
  const cancel = (): void => {
    note("Stopping it…");
    client.deployments.runs
      .cancel({ ...place, run: started.id })
      .catch((err: unknown) => note(clientError(err).message));
  };
  process.once("SIGINT", cancel);
  const ended = await showUntilEnd(client, place, started, json === true ? note : print);
  process.removeListener("SIGINT", cancel);
  if (json === true) printJson(ended);
  if (ended.state === "succeeded") return;
  if (ended.exitCode === null || json !== true)
    note(`The run ${ended.state}${ended.reason === null ? "." : `: ${ended.reason.message}`}`);
  process.exitCode = ended.exitCode === null || ended.exitCode === 0 ? 1 : ended.exitCode;
};

const showUntilEnd = async (client: Client, place: Place, started: Run, show: (text: string) => void): Promise<Run> => {
  let after = 0;
  let current = started;
  let quietSince: number | null = null;
  for (;;) {
    const wasOver = current.finishedAt !== null;
    const lines = await newLines(client, started.log, after);
    for (const { n, text } of lines) {
      show(text);
      after = n;
    }
    if (lines.length > 0) quietSince = null;
    else if (wasOver) {
      quietSince ??= Date.now();
      if (current.startedAt === null || Date.now() - quietSince > LAST_LINES_MS) return current;
    }
    if (lines.length < MAX_LINES) await Bun.sleep(LOOK_MS);
    if (!wasOver) current = await patiently(() => client.deployments.runs.get({ ...place, run: started.id }));
  }
};

const MAX_LINES = 1000;

/** None while the log is not there yet: it is made when the run begins. */
const newLines = async (client: Client, stream: string, after: number) => {
  try {
    return (await patiently(() => client.logging.streams.lines({ stream, after, limit: MAX_LINES }))).lines;
  } catch (err) {
    if (clientError(err).code === "not_found") return [];
    throw err;
  }
};

const patiently = async <T>(ask: () => Promise<T>): Promise<T> => {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (err) {
      if (clientError(err).code !== "unavailable" || Date.now() > until) throw err;
      await Bun.sleep(RETRY_MS);
    }
  }
};
