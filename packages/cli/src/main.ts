#!/usr/bin/env bun
import { NOT_NAMED } from "@homeport/kit/scope.ts";
import { clientError } from "@homeport/sdk";
import { Command, CommanderError } from "commander";
import { addAdd } from "./commands/add.ts";
import { addAudit } from "./commands/audit.ts";
import { addBind } from "./commands/bind.ts";
import { addCancel } from "./commands/cancel.ts";
import { addChanges } from "./commands/changes.ts";
import { addCron } from "./commands/cron.ts";
import { addDeploy } from "./commands/deploy.ts";
import { addEject } from "./commands/eject.ts";
import { addEnv } from "./commands/env.ts";
import { addEnvironment } from "./commands/environment.ts";
import { addGitAccess } from "./commands/git-access.ts";
import { addGrant } from "./commands/grant.ts";
import { addGroup } from "./commands/group.ts";
import { addHook } from "./commands/hook.ts";
import { addInvite } from "./commands/invite.ts";
import { addKeys } from "./commands/keys.ts";
import { addLogin } from "./commands/login.ts";
import { addLogs } from "./commands/logs.ts";
import { addMember } from "./commands/member.ts";
import { addOrganisation } from "./commands/org.ts";
import { addPromote } from "./commands/promote.ts";
import { addRelease } from "./commands/release.ts";
import { addReleases } from "./commands/releases.ts";
import { addRun } from "./commands/run.ts";
import { addSecret } from "./commands/secret.ts";
import { addServiceAccount } from "./commands/service-account.ts";
import { addSettings } from "./commands/settings.ts";
import { addShell } from "./commands/shell.ts";
import { addSnapshot } from "./commands/snapshot.ts";
import { addStatus } from "./commands/status.ts";
import { addTeam } from "./commands/team.ts";
import { addToken } from "./commands/token.ts";
import { addVolume } from "./commands/volume.ts";
import { addVolumeData } from "./commands/volume-data.ts";
import { addWhoami } from "./commands/whoami.ts";
import { note } from "./output.ts";
import { readLogin } from "./session.ts";
import { tellWhereToName } from "./unnamed.ts";
import { UnmetError, UsageError } from "./usage-error.ts";

const GROUPS: [title: string, commands: ((program: Command) => void)[]][] = [
  [
    "Deploying:",
    [
      addDeploy,
      addStatus,
      addLogs,
      addReleases,
      addRelease,
      addPromote,
      addEnvironment,
      addEnv,
      addGroup,
      addChanges,
      addSecret,
      addCancel,
      addEject,
      addHook,
      addGitAccess,
    ],
  ],
  ["Databases:", [addAdd, addBind]],
  ["Running:", [addRun, addShell, addCron]],
  ["Volumes:", [addVolume, addVolumeData, addSnapshot]],
  ["Signing in:", [addLogin, addWhoami, addToken]],
  ["Access:", [addOrganisation, addMember, addTeam, addGrant, addInvite, addServiceAccount, addAudit]],
  ["Platform:", [addSettings, addKeys]],
];

const program = new Command("homeport")
  .description("Deploy to your own Homeport and look after what runs there.")
  .version("0.1.0")
  .enablePositionalOptions() // --version after a command is the command's
  .showHelpAfterError("(homeport --help shows every command, homeport COMMAND --help explains one)")
  .exitOverride()
  .addHelpText(
    "after",
    `
Exit codes: 0 what was asked is true, 1 it is not (the reason is on stderr), 2 the command line is wrong.
HOMEPORT_URL and HOMEPORT_TOKEN stand for a login.

Start here:
  homeport login --url http://localhost:3000
  homeport deploy --project shop --service api`,
  );

for (const [title, commands] of GROUPS) {
  program.commandsGroup(title);
  for (const add of commands) add(program);
}

process.stdout.once("error", () => process.exit(1)); // `| head` has read enough: there is nobody to tell

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
  if (failure.code === "unverified" || failure.message.startsWith(NOT_NAMED)) note(tellWhereToName(readLogin().url));
  return 1;
}
