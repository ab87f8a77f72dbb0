import { type Client, type ClientOptions, clientError, readEvents, type ServerSentEvent } from "@homeport/sdk";
import { z } from "zod";
import { note } from "./output.ts";
import type { Place } from "./target.ts";
import { UnmetError } from "./usage-error.ts";

const LogLine = z.object({ stream: z.enum(["stdout", "stderr"]), text: z.string() });

export type Deployment = Awaited<ReturnType<Client["deployments"]["deployments"]["get"]>>;

const FINAL: readonly Deployment["state"][] = ["live", "failed", "cancelled", "superseded"];
const LOOK_MS = 400;
const RETRY_MS = 1_000;
const PATIENCE_MS = 60_000;
/** How long after the end of a deployment its build log may still come. */
const LAST_LINES_MS = 2_000;

const SENTENCES: Record<Deployment["state"], string> = {
  queued: "Waiting for its turn",
  building: "Building",
  releasing: "Making a release",
  pre_deploying: "Running the pre-deploy command",
  rolling_out: "Starting the new release",
  post_deploying: "Running the post-deploy command",
  live: "Live",
  failed: "Failed",
  cancelled: "Cancelled",
  superseded: "Replaced by a newer deployment",
};

export const sentenceOf = (state: Deployment["state"]): string => SENTENCES[state];

export const isOver = (state: Deployment["state"]): boolean => FINAL.includes(state);

/** Waits for a deployment's end, telling its states and its build log on stderr. */
export const followDeployment = async (
  client: Client,
  options: ClientOptions,
  place: Place,
  started: Deployment,
  quiet: boolean,
): Promise<Deployment> => {
  const tell = quiet ? () => {} : note;
  let current = started;
  let told = "";
  let log: { done: Promise<void>; stop(): void } | null = null;
  try {
    for (;;) {
      if (current.state !== told) tell(`==> ${sentenceOf(current.state)}`);
      told = current.state;
      if (log === null && current.buildLog !== null && !quiet) log = streamLog(options, current.buildLog);
      if (isOver(current.state)) break;
      await Bun.sleep(LOOK_MS);
      current = await patiently(() => client.deployments.deployments.get({ ...place, deployment: current.id }));
    }
    if (log !== null) {
      const timer = setTimeout(log.stop, LAST_LINES_MS); // the log ends with the job
      await log.done;
      clearTimeout(timer);
    }
    return current;
  } finally {
    log?.stop(); // it would connect again for ever
  }
};

/** A platform that restarts goes on with the deployment, so who waits for it waits for the platform too. */
export const patiently = async <T>(ask: () => Promise<T>): Promise<T> => {
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

const streamLog = (options: ClientOptions, stream: string) => {
  const stopping = new AbortController();
  const done = (async () => {
    const path = `/api/v1/logging/streams/${stream}/tail?after=0`;
    for await (const event of readEvents(options, path, stopping.signal))
      note(`    ${LogLine.parse(JSON.parse(event.data)).text}`);
  })().catch((err: Error) => note(`    (the log cannot be read: ${err.message})`));
  return { done, stop: () => stopping.abort() };
};

/**
 * The messages of a stream whose past was just read: a refusal means that access ended meanwhile, so it is no advice to
 * sign in that helps.
 *
 * @throws {UnmetError} after saying so; {DomainError} for other refusals
 */
export async function* followEvents(
  options: ClientOptions,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent> {
  try {
    yield* readEvents(options, path, signal);
  } catch (err) {
    const ended = ENDED[clientError(err).code];
    if (ended === undefined) throw err;
    note(ended);
    throw new UnmetError(ended);
  }
}

/** What is hidden from somebody looks as if it was not there. */
const ENDED: Readonly<Record<string, string>> = {
  unauthenticated: "Your access ended.",
  forbidden: "Your access ended.",
  not_found: "Your access ended, or the log is gone.",
};

/** Why a deployment did not go live, in the platform's words. */
export const tellReason = ({ reason, state }: Deployment): void => {
  if (reason === null) {
    note(`The deployment is ${state}.`);
    return;
  }
  note(`The deployment ${state}: ${reason.message}`);
  if (reason.exitCode !== undefined) note(`Exit code: ${reason.exitCode}`);
  for (const line of reason.lastLines ?? []) note(`    ${line}`);
};
