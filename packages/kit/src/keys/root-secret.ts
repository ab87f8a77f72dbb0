import { join } from "node:path";
import type { PlatformConfig } from "../config.ts";
import { deriveKey } from "../crypto.ts";
import type { Db } from "../db/types.ts";
import { DomainError } from "../errors.ts";

/** Before its migration there is no table. */
const hasTable = async (sql: Db): Promise<boolean> => {
  const [row] = await sql<[{ exists: boolean }]>`select to_regclass('platform.root_secret') is not null as exists`;
  return row.exists;
};

const findProof = async (sql: Db): Promise<Buffer | null> => {
  const [row] = await sql<{ proof: Uint8Array }[]>`select proof from platform.root_secret`;
  return row === undefined ? null : Buffer.from(row.proof);
};

const proofOf = (secret: PlatformConfig["appSecret"]): Buffer => deriveKey(secret, "root secret of this database");

/**
 * Whether this database was last used with the APP_SECRET of now. Roles' passwords and signatures come from that one also
 * when the data keys are wrapped with a key file.
 *
 * @throws {DomainError} internal, when it was another one than now and before
 */
export const isRootSecretKept = async (sql: Db, config: PlatformConfig): Promise<boolean> => {
  const { appSecret, previousSecret, dataDir } = config;
  const kept = (await hasTable(sql)) ? await findProof(sql) : null;
  if (kept === null) return false;
  if (kept.equals(proofOf(appSecret))) return true;
  if (previousSecret !== null && kept.equals(proofOf(previousSecret))) return false;
  throw new DomainError(
    "internal",
    "This database was used with another APP_SECRET. Nothing was changed. Put the former value back; a standalone " +
      `platform keeps it in ${join(dataDir, "app-secret")}. If it was changed on purpose, start once with the former ` +
      "one in APP_SECRET_PREVIOUS.",
  );
};

/**
 * From now on it is the APP_SECRET of now. Called when all else that depends on it is done, so that after a crash before
 * that the former one is still asked for.
 *
 * @throws {DomainError} internal, when it was another one than now and before
 */
export const keepRootSecret = async (sql: Db, config: PlatformConfig): Promise<void> => {
  if (await isRootSecretKept(sql, config)) return;
  await sql`
    insert into platform.root_secret (proof) values (${proofOf(config.appSecret)})
    on conflict (only_one) do update set proof = excluded.proof`;
};
