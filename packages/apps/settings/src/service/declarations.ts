import { pause } from "@homeport/kit/lease/waker.ts";
import { log } from "../log.ts";
import type { DeclaringApp, RunningApp } from "../setting.ts";
import { listDeclarations, rememberDeclarations } from "../store/declarations.ts";
import type { SettingsDeps } from "./deps.ts";

/** An app that nobody looked at while it ran is remembered all the same. */
const LOOK_EVERY_MS = 60_000;

/** Every app with settings, running or not; those that run are remembered first. */
export const listDeclaringApps = async (deps: SettingsDeps): Promise<DeclaringApp[]> => {
  const running = await rememberRunning(deps).catch((err: unknown) => {
    log.warn({ err }, "it is not known which apps run; settings are those that they last declared");
    return null;
  });
  const ids = new Set(running?.map(({ id }) => id));
  const known = await listDeclarations(deps.sql);
  return known.map((app) => ({
    ...app,
    state: running === null ? "unknown" : ids.has(app.id) ? "running" : "stopped",
  }));
};

/** Looks at the apps that run, now and then, until aborted. */
export const followDeclarations = async (deps: SettingsDeps, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    await pause(LOOK_EVERY_MS, signal);
    if (signal.aborted) return;
    try {
      await rememberRunning(deps);
    } catch (err) {
      log.warn({ err }, "what apps declare could not be remembered, and will be later");
    }
  }
};

const rememberRunning = async (deps: SettingsDeps): Promise<RunningApp[]> => {
  const running = await deps.apps.list();
  await rememberDeclarations(deps.sql, running, deps.clock());
  return running;
};
