import { type Client, clientError } from "@homeport/sdk";
import type { Command } from "commander";
import { note, printJson, printOne } from "./output.ts";
import { checkName } from "./secret-target.ts";
import { checkTarget, type Target, withTarget } from "./target.ts";
import { UnmetError } from "./usage-error.ts";

export type VolumeFlags = Target & { environment?: string; json?: boolean };
export type WorkFlags = VolumeFlags & { wait?: boolean };
export type VolumeTarget = Target & { environment?: string; volume: string };
export type Operation = Awaited<ReturnType<Client["deployments"]["volumeOperations"]["get"]>>;

/** Every command about a volume's data names it the same way. */
export const withVolume = (command: Command): Command =>
  withTarget(command.argument("<volume>", "the volume"))
    .option("--environment <name>", "the environment; production unless given")
    .option("--json", "print JSON");

/** Options of what takes a while. */
export const withWork = (command: Command): Command =>
  withVolume(command)
    .option("--wait", "wait until it is done (the default in a terminal)")
    .option("--no-wait", "return once it is accepted");

/** @throws {UsageError} for names that nothing can have */
export const checkVolume = (volume: string, flags: VolumeFlags): VolumeTarget => ({
  ...checkTarget(flags),
  volume: checkName("the volume", volume),
  ...(flags.environment === undefined ? {} : { environment: checkName("--environment", flags.environment) }),
});

const LOOK_MS = 500;
/** A platform that restarts goes on with it, so who waits for it waits for the platform too. */
const RETRY_MS = 1_000;
const PATIENCE_MS = 60_000;

const TOLD = {
  stopping: "Stopping the service…",
  saving: "Saving what the volume holds…",
  working: "Working on the volume…",
  undoing: "Putting back what was there…",
  starting: "Starting the service…",
} as const;

/** Waits for an operation if that is wanted, and tells how it stands. @throws {UnmetError} when it failed */
export const report = async (
  client: Client,
  target: VolumeTarget,
  asked: Operation,
  flags: WorkFlags,
  done: (operation: Operation) => string,
): Promise<void> => {
  const waits = flags.wait ?? process.stdout.isTTY === true;
  const operation = waits ? await follow(client, target, asked) : asked;
  if (operation.state !== "failed") {
    printOne(operation, flags.json, operation.state === "succeeded" ? done(operation) : `Accepted: ${operation.id}`);
    return;
  }
  if (flags.json === true) printJson(operation);
  note(operation.reason?.message ?? "It failed.");
  throw new UnmetError();
};

const follow = async (client: Client, target: VolumeTarget, asked: Operation): Promise<Operation> => {
  let operation = asked;
  let told: Operation["step"] = null;
  while (operation.finishedAt === null) {
    if (operation.step !== null && operation.step !== told) note(TOLD[operation.step]);
    told = operation.step;
    await Bun.sleep(LOOK_MS);
    operation = await patiently(() => client.deployments.volumeOperations.get({ ...target, operation: asked.id }));
  }
  return operation;
};

/** Asks again while the platform does not answer, for a minute. */
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

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** `12.3 MiB`. */
export const size = (bytes: number): string => {
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), UNITS.length - 1);
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
};
