import { afterAll, beforeEach, setDefaultTimeout } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCli } from "./run-cli.ts";
import { deployment, startStubPlatform } from "./stub-platform.ts";

export const TARGET = ["--project", "shop", "--service", "api"];
export const SERVICE = "/deployments/projects/shop/services/api";

/** The command line in an empty folder, signed in to a platform of recorded answers that is new for each test of a file. */
export const serviceCommands = () => {
  setDefaultTimeout(30_000); // each test starts processes
  const platform = startStubPlatform();
  const env = { HOMEPORT_URL: platform.url, HOMEPORT_TOKEN: "hp_x" };
  const dir = mkdtempSync(join(tmpdir(), "hp-cli-"));
  afterAll(async () => {
    await platform.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  beforeEach(() => platform.reset());
  return {
    platform,
    dir,
    cli: (args: string[], options: Parameters<typeof runCli>[1] = {}) => runCli(args, { env, cwd: dir, ...options }),
    /** Deployments of the service are taken. */
    accept: (more: Record<string, unknown> = {}) =>
      platform.on(`POST ${SERVICE}/deployments`, () =>
        Response.json(deployment({ state: "queued", release: null, digest: null, ...more }), { status: 202 }),
      ),
  };
};
