import { writeFileSync } from "node:fs";
import { ADA, startWorld } from "../../packages/apps/auth/test/world.ts";

/**
 * The real auth app in a process of its own, on a Postgres and a Valkey of its own, with one account. Writes where it is to
 * the file that is named, and ends by SIGTERM.
 */
const world = await startWorld();
const { cookie } = await world.signIn(ADA);
writeFileSync(
  process.argv[2] ?? "",
  JSON.stringify({
    socket: world.running.baseUrl.slice("unix:".length),
    gateway: `http://${world.host}`,
    databaseUrl: world.database.url.reveal(),
    identity: (await world.asApp("bench")).authorization?.slice("Bearer ".length),
    cookie,
  }),
);
process.once("SIGTERM", () => void world.stop().finally(() => process.exit(0)));
