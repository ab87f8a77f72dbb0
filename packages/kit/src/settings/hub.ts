import { bounded } from "../db/bounded.ts";
import type { Sql } from "../db/connect.ts";
import type { Channel } from "../events/follow.ts";
import type { LiveKeyring } from "../keys/live-keyring.ts";
import { createWaker, pause } from "../lease/waker.ts";
import { createLogger } from "../log.ts";
import { type KeptSettings, keepSettings } from "./app-settings.ts";
import type { SettingDeclaration } from "./declaration.ts";
import { listSettingRows, type SettingRow } from "./store.ts";

const log = createLogger("settings");

const RETRY_MS = 500;
const MAX_RETRY_MS = 5_000;

export type SettingsHubOptions = {
  /** A pool that sees the settings of all apps of this process. */
  sql: Sql;
  keys: Pick<LiveKeyring, "open" | "subscribe">;
  /** The environment, for what nobody has stored. */
  env: (name: string) => string | undefined;
};

/** The settings of all apps of one process, in memory. */
export type SettingsHub = {
  /** @throws {Error} naming each environment variable of this app's settings that is wrong */
  open(app: string, declarations: readonly SettingDeclaration[]): KeptSettings;
  /** For the process's event log, which listens for the hub. */
  channel: Channel;
  stop(): Promise<void>;
};

/** Reads what is stored, and again whenever it changed. @throws {Error} when the database cannot be read at the start */
export const startSettingsHub = async ({ sql, keys, env }: SettingsHubOptions): Promise<SettingsHub> => {
  let rows = await listSettingRows(sql);
  const apps = new Map<string, KeptSettings>();
  const stopping = new AbortController();
  const { signal } = stopping;
  const waker = createWaker(signal);
  const forget = keys.subscribe(waker.wake); // a secret may have come before its key
  const run = async (): Promise<void> => {
    for (let failures = 0; ; ) {
      await waker.wait(failures === 0 ? NEVER_MS : 0);
      if (signal.aborted) return;
      try {
        rows = await bounded(listSettingRows(sql));
        failures = 0;
        for (const [app, settings] of apps) settings.update(rowsOf(rows, app));
      } catch (err) {
        failures += 1;
        log.warn({ err, failures }, "settings could not be read, the last ones stay");
        await pause(Math.min(RETRY_MS * failures, MAX_RETRY_MS), signal);
      }
    }
  };
  const done = run();
  return {
    open(app, declarations) {
      const settings = keepSettings({ app, declarations, rows: rowsOf(rows, app), keys, env });
      apps.set(app, settings);
      return settings;
    },
    channel: { name: "hp_settings", look: waker.wake },
    async stop() {
      forget();
      stopping.abort();
      await done;
    },
  };
};

/** The longest time a timer can have (2^31 - 1 ms): it is woken, or it waits. */
const NEVER_MS = 2_147_483_647;

const rowsOf = (rows: readonly SettingRow[], app: string): SettingRow[] => rows.filter((row) => row.app === app);
