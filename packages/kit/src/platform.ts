import { mkdirSync } from "node:fs";
import { type AssetManifest, loadAssets } from "@homeport/ui/assets";
import type { Redis } from "ioredis";
import { checkpointKey, resignCheckpoints } from "./audit/checkpoints.ts";
import type { PlatformConfig } from "./config.ts";
import { closeSql, connectAdmin, type Sql } from "./db/connect.ts";
import { type EventLog, startEventLog } from "./events/log.ts";
import { announceAccessChange } from "./http/access-changes.ts";
import { identityKey, type SignedPrincipal, signIdentity } from "./identity.ts";
import { KEYS_CHANNEL } from "./keys/data-keys.ts";
import { type LiveKeyring, startKeyring } from "./keys/live-keyring.ts";
import { checkKeys, openKeys } from "./keys/open-keys.ts";
import { keepRootSecret } from "./keys/root-secret.ts";
import { createKeyAdmin, type KeyAdmin } from "./keys/rotate.ts";
import { createNavigation, type Navigation } from "./registry/nav.ts";
import { type SettingsHub, startSettingsHub } from "./settings/hub.ts";
import { connectValkey } from "./valkey.ts";

/** What all apps of one process share: connections, the tail of the event log, the key of internal identities. */
export type Platform = {
  config: PlatformConfig;
  admin: Sql;
  valkey: Redis;
  events: EventLog;
  settings: SettingsHub;
  /** What the browser loads; null when nothing was built, which is fine for apps without pages. */
  assets: AssetManifest | null;
  navigation: Navigation;
  identityKey: Buffer;
  keys: LiveKeyring;
  keyAdmin: KeyAdmin;
  /** A short-lived token that proves a part of this process; a new one before the last ends. */
  identityOf(principal: SignedPrincipal): Promise<string>;
  close(): Promise<void>;
};

const IDENTITY_TTL_SECONDS = 120;
const RENEW_BEFORE_MS = 60_000;

/**
 * Opens what a process needs before its first app. `prepare` runs the migrations, because the event log needs them.
 *
 * @throws {DomainError} unavailable
 */
export const openPlatform = async (
  config: PlatformConfig,
  prepare: (admin: Sql) => Promise<void>,
): Promise<Platform> => {
  for (const dir of [config.dataDir, config.runDir]) mkdirSync(dir, { recursive: true, mode: 0o700 });
  const admin = connectAdmin(config.databaseUrl, { max: 3 });
  await checkKeys(admin, config);
  await prepare(admin);
  const keyEncryption = await openKeys(admin, config);
  const keys = await startKeyring(admin, keyEncryption);
  if (config.previousSecret !== null) {
    await resignCheckpoints(admin, checkpointKey(config.previousSecret), checkpointKey(config.appSecret));
  }
  await keepRootSecret(admin, config);
  const valkey = connectValkey(config.redisUrl);
  const settings = await startSettingsHub({ sql: admin, keys, env: config.settingEnv });
  const events = await startEventLog({
    sql: admin,
    channels: [{ name: KEYS_CHANNEL, look: keys.look }, settings.channel],
  });
  events.subscribe(["auth.access.changed"], announceAccessChange);
  const key = identityKey(config.appSecret);
  return {
    config,
    admin,
    valkey,
    events,
    settings,
    assets: await loadAssets(config.assetsDir),
    navigation: createNavigation(valkey),
    identityKey: key,
    keys,
    keyAdmin: createKeyAdmin(admin, keyEncryption),
    identityOf: identityCache(key),
    async close() {
      await events.stop();
      await settings.stop();
      await keys.stop();
      valkey.disconnect();
      await closeSql(admin);
    },
  };
};

/** Signs identities and keeps each until it is about to end: a request should not cost a signature. */
export const identityCache = (key: Buffer): Platform["identityOf"] => {
  const tokens = new Map<string, { token: string; until: number }>();
  return async (principal) => {
    const name = JSON.stringify(principal);
    const known = tokens.get(name);
    if (known !== undefined && known.until - Date.now() > RENEW_BEFORE_MS) return known.token;
    const token = await signIdentity(key, principal, IDENTITY_TTL_SECONDS);
    tokens.set(name, { token, until: Date.now() + IDENTITY_TTL_SECONDS * 1000 });
    return token;
  };
};
