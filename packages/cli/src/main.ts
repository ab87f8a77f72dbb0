#!/usr/bin/env bun
import { clientError } from "@homeport/sdk";
import { Command, CommanderError } from "commander";
import { addCancel } from "./commands/cancel.ts";
import { addDeploy } from "./commands/deploy.ts";
import { addEnv } from "./commands/env.ts";
import { addLogin } from "./commands/login.ts";
import { addLogs } from "./commands/logs.ts";
import { addReleases } from "./commands/releases.ts";
import { addStatus } from "./commands/status.ts";
import { note } from "./output.ts";
import { UnmetError, UsageError } from "./usage-error.ts";

const program = new Command("homeport")
  .description("Deploy to your own Homeport and look after what runs there.")
  .version("0.1.0")
  .showHelpAfterError("(homeport --help shows every command, homeport COMMAND --help explains one)")
  .exitOverride()
  .addHelpText(
    "after",
    `
Exit codes: 0 what was asked is true, 1 it is not (the reason is on stderr), 2 the command line is wrong.
HOMEPORT_URL and HOMEPORT_TOKEN stand for a login.

Start here:
  homeport login --url http://localhost:3000 --token hp_…
  homeport deploy --project shop --service api`,
  );

for (const add of [addLogin, addDeploy, addStatus, addLogs, addReleases, addEnv, addCancel]) add(program);

try {
  await program.parseAsync();
} catch (err) {
  process.exitCode = exitCodeOf(err);
}

/** Says what went wrong, unless somebody has said it already. */
function exitCodeOf(err: unknown): number {
  if (err instanceof CommanderError) return err.exitCode === 0 ? 0 : 2;
  if (err instanceof UnmetError) return 1;
  if (err instanceof UsageError) {
    note(err.message);
    return 2;
  }
  const failure = clientError(err);
  note(failure.message);
  return 1;
}
