import { readFileSync } from "node:fs";
import type { Options } from "./options.ts";
import { startSupervisor } from "./supervisor.ts";

/** Starts the platform, keeps it running, and stops it on the first signal. */
export const run = async (options: Options): Promise<void> => {
  const { promise: asked, resolve: ask } = Promise.withResolvers<NodeJS.Signals>();
  for (const signal of stopSignals()) process.on(signal, () => ask(signal));
  const supervisor = await startSupervisor(options);
  process.stdout.write(`${supervisor.readyMessage}\n`);
  process.send?.("ready");
  const signal = await asked;
  await supervisor.stop();
  if (signal === "SIGINT") {
    const { stopOwnWorkloads } = await import("./stop.ts");
    await stopOwnWorkloads(options.dataDir);
  }
  process.exit(0);
};

/**
 * Without its terminal a platform in the foreground has nowhere to write to and ends in order. Under nohup SIGHUP is
 * ignored from the start, and stays so as long as nobody listens for it.
 */
const stopSignals = (): NodeJS.Signals[] => (ignoresHangup() ? ["SIGTERM", "SIGINT"] : ["SIGTERM", "SIGINT", "SIGHUP"]);

/** SIGHUP is signal 1: the lowest bit of the mask in status, see proc(5). */
const ignoresHangup = (): boolean => {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
    return (BigInt(`0x${mask}`) & 1n) === 1n;
  } catch {
    return false; // no /proc
  }
};
