import { PgBoss } from "pg-boss";
import { jobsSchemaOf } from "../db/names.ts";
import { grantSchema } from "../db/roles.ts";
import type { Sql, Tx } from "../db/types.ts";
import { DomainError } from "../errors.ts";
import { bossDatabase } from "./adapter.ts";

/** Index builds of an upgrade on a large table; they run without blocking, only this start waits. */
const UPGRADE_MS = 10 * 60_000;

/**
 * Creates or upgrades the schema in which pg-boss keeps an app's jobs, with the rights of `admin`: at run time the
 * app's role may read and write rows there, nothing else. pg-boss settles races between replicas itself.
 */
export async function installJobs(
  admin: Sql,
  app: string,
  locked: (body: (tx: Tx) => Promise<void>) => Promise<void>,
): Promise<void> {
  const schema = jobsSchemaOf(app);
  await locked(async (tx) => void (await tx`create schema if not exists ${tx(schema)}`));
  const boss = new PgBoss({
    db: bossDatabase(admin),
    schema,
    migrate: true,
    createSchema: false,
    supervise: false,
    schedule: false,
  });
  const errors: unknown[] = [];
  boss.on("error", (err) => errors.push(err));
  await boss.start();
  try {
    await upgraded(boss, app);
  } catch (err) {
    throw new DomainError("internal", `The job tables of "${app}" could not be upgraded.`, { cause: errors[0] ?? err });
  } finally {
    await boss.stop({ graceful: false });
  }
  await locked((tx) => grantSchema(tx, app, schema));
}

/** Waits for the index builds that an upgrade leaves to run outside its transaction; a new schema has none. */
async function upgraded(boss: PgBoss, app: string): Promise<void> {
  const deadline = Date.now() + UPGRADE_MS;
  for (;;) {
    const open = (await boss.getBamStatus()).filter((entry) => entry.status !== "completed");
    if (open.length === 0) return;
    if (open.some((entry) => entry.status === "failed") || Date.now() > deadline)
      throw new Error(`index builds of ${app}: ${JSON.stringify(open)}`);
    await Bun.sleep(200);
  }
}
