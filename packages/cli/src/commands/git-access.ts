import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { note, print, printJson, printOne } from "../output.ts";
import { connect } from "../session.ts";
import { readStdin } from "../stdin.ts";
import { checkTarget, type Target, withTarget } from "../target.ts";
import { UnmetError, UsageError } from "../usage-error.ts";

type Flags = Target & { json?: boolean };

/** What a service's repository is read with: a key over ssh, a token over https. */
export const addGitAccess = (program: Command): void => {
  addDeployKey(program);
  addGitToken(program);
};

const addDeployKey = (program: Command): void => {
  const key = program.command("deploy-key").description("Deploy keys: how a repository is read over ssh");
  withExamples(withTarget(key.command("create")), "homeport deploy-key create --project shop --service api")
    .description("Make a deploy key; the line it prints goes into the repository's list of deploy keys")
    .option("--replace", "also when there is one")
    .option("--json", "print JSON")
    .action(async (flags: Flags & { replace?: boolean }) => {
      const replace = flags.replace === true;
      const made = await connect().client.deployments.gitCredentials.createDeployKey({
        ...checkTarget(flags),
        replace,
      });
      printOne(made, flags.json, made.publicKey);
      if (flags.json !== true) note(`It needs to read only, and is used for ${made.server} alone.`);
    });
  withExamples(withTarget(key.command("show")), "homeport deploy-key show --project shop --service api")
    .description("Show the public half of the deploy key, and the key of the server that was seen")
    .option("--json", "print JSON")
    .action(async (flags: Flags) => {
      const { deployKey } = await connect().client.deployments.gitCredentials.get(checkTarget(flags));
      if (flags.json === true) return printJson(deployKey);
      if (deployKey === null) {
        note("There is no deploy key. Make one with: homeport deploy-key create");
        throw new UnmetError();
      }
      print(deployKey.publicKey);
      const seen =
        deployKey.hostKey === null ? "has not shown its key yet" : `is believed by ${deployKey.hostKey.fingerprint}`;
      note(`${deployKey.fingerprint}, for ${deployKey.server}, which ${seen}.`);
    });
  withExamples(withTarget(key.command("remove")), "homeport deploy-key remove --project shop --service api")
    .description("Forget the deploy key")
    .option("--json", "print JSON")
    .action(async (flags: Flags) => {
      const gone = await connect().client.deployments.gitCredentials.removeDeployKey(checkTarget(flags));
      printOne(gone, flags.json, gone.removed ? "Removed the deploy key." : "There was none.");
    });
  withExamples(withTarget(key.command("forget-host")), "homeport deploy-key forget-host --project shop --service api")
    .description("Believe the next key that the repository's server shows, because it has a new one")
    .option("--json", "print JSON")
    .action(async (flags: Flags) => {
      const gone = await connect().client.deployments.gitCredentials.forgetHostKey(checkTarget(flags));
      printOne(gone, flags.json, gone.removed ? "The next key that the server shows is believed." : "None was known.");
    });
};

const addGitToken = (program: Command): void => {
  const token = program.command("git-token").description("Git tokens: how a repository is read over https");
  withExamples(
    withTarget(token.command("set")),
    "homeport git-token set --project shop --service api < token.txt",
    "pass git/shop | homeport git-token set --project shop --service api --username deploy",
  )
    .description("Set the token that the repository is read with; it is read from standard input")
    .option("--username <name>", "for servers that want a certain one")
    .option("--json", "print JSON")
    .action(async (flags: Flags & { username?: string }) => {
      const target = checkTarget(flags);
      const text = (await readStdin("The token")).trim();
      if (text === "") throw new UsageError("Standard input was empty.");
      const username = flags.username === undefined ? {} : { username: flags.username };
      const set = await connect().client.deployments.gitCredentials.setGitToken({
        ...target,
        ...username,
        token: text,
      });
      printOne(set, flags.json, `Set. It is sent to ${set.server} and nowhere else.`);
    });
  withExamples(withTarget(token.command("remove")), "homeport git-token remove --project shop --service api")
    .description("Forget the token")
    .option("--json", "print JSON")
    .action(async (flags: Flags) => {
      const gone = await connect().client.deployments.gitCredentials.removeGitToken(checkTarget(flags));
      printOne(gone, flags.json, gone.removed ? "Removed the git token." : "There was none.");
    });
};
