import { readPlatformConfig } from "@homeport/kit/config.ts";
import { closeSql, connectAdmin } from "@homeport/kit/db/connect.ts";
import { checkEnv } from "@homeport/kit/env.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { checkKeys } from "@homeport/kit/keys/open-keys.ts";

/**
 * What would end the parts of the platform at once, found before any of them starts: whoever started it reads one
 * sentence, and the gateway opens no port. `env` is what the parts are given.
 *
 * @throws {DomainError} invalid, for the environment or a key file; internal, for a secret that is not this database's;
 * unavailable
 */
export const checkStart = async (env: Record<string, string>): Promise<void> => {
  checkEnv(env);
  const config = readPlatformConfig(env);
  const admin = connectAdmin(config.databaseUrl, { max: 1 });
  try {
    await checkKeys(admin, config);
  } catch (err) {
    if (err instanceof DomainError) throw err;
    const why = err instanceof Error ? err.message : String(err);
    throw new DomainError("unavailable", `The database cannot be used: ${why}`, { cause: err });
  } finally {
    await closeSql(admin);
  }
};
