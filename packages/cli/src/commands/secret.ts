import type { Client } from "@homeport/sdk";
import type { Command } from "commander";
import { everyItem } from "../every-item.ts";
import { withExamples } from "../examples.ts";
import { followDeployment, tellReason } from "../follow.ts";
import { KEY_VALUE_HELP, readKeyValues } from "../key-values.ts";
import { ago, note, print, printJson, printList, printOne, table } from "../output.ts";
import { checkGroup, checkName, withGroup } from "../secret-target.ts";
import { connect } from "../session.ts";
import { UnmetError } from "../usage-error.ts";
import { addSecretAttach } from "./secret-attach.ts";
import { addSecretReading } from "./secret-reading.ts";

type GroupFlags = { project: string; group: string; json?: boolean };
type ApplyFlags = GroupFlags & { apply?: boolean; wait?: boolean };

export const addSecret = (program: Command): void => {
  const secret = program.command("secret").description("Secret groups, shared by services of a project");
  withExamples(
    secret.command("groups").requiredOption("--project <name>", "the project"),
    "homeport secret groups --project shop",
  )
    .description("List the secret groups of a project")
    .option("--json", "print JSON")
    .action(async ({ project, json }: { project: string; json?: boolean }) => {
      const { client } = connect();
      const at = { project: checkName("--project", project) };
      const items = await everyItem((page) => client.deployments.secretGroups.list({ ...at, ...page }));
      printList(items, json, {
        head: ["group", "items", "services", "version", "changed", "last used"],
        row: (each) => [
          each.slug,
          String(each.itemCount),
          String(each.serviceCount),
          String(each.version),
          ago(each.updatedAt),
          each.lastUsedAt === null ? "never" : ago(each.lastUsedAt),
        ],
        none: "There are no secret groups. Make one with: homeport secret create",
      });
    });
  withExamples(
    withGroup(secret.command("create [KEY=VALUE...]")),
    "homeport secret create --project shop --group database PASSWORD=@password.txt",
  )
    .description("Make a secret group, with items if given")
    .addHelpText("after", KEY_VALUE_HELP)
    .option("--json", "print JSON")
    .action(async (pairs: string[], flags: GroupFlags) => {
      const { project, group: slug } = checkGroup(flags);
      const values = await readValues(pairs);
      const made = await connect().client.deployments.secretGroups.create({ project, slug, values });
      printOne(made, flags.json, `Made ${slug}. Give it to a service with: homeport secret attach`);
    });
  withExamples(
    withApply(withGroup(secret.command("set <KEY=VALUE...>"))),
    "homeport secret set --project shop --group database PASSWORD=@password.txt --apply",
    "pass shop/db | homeport secret set --project shop --group database PASSWORD=-",
  )
    .description("Set items of a group; the others stay as they are")
    .addHelpText("after", KEY_VALUE_HELP)
    .action(async (pairs: string[], flags: ApplyFlags) => {
      const at = checkGroup(flags);
      const values = await readValues(pairs);
      const { client } = connect();
      const changed = await client.deployments.secretGroups.set({ ...at, values, apply: flags.apply === true });
      await report(client, at.project, flags, `Set ${changed.set.join(", ")}.`, changed);
    });
  withExamples(
    withApply(withGroup(secret.command("unset <KEY...>"))),
    "homeport secret unset --project shop --group database OLD_PASSWORD --apply",
  )
    .description("Remove items of a group")
    .action(async (names: string[], flags: ApplyFlags) => {
      const at = checkGroup(flags);
      const { client } = connect();
      const changed = await client.deployments.secretGroups.unset({ ...at, names, apply: flags.apply === true });
      const missing = names.filter((name) => !changed.unset.includes(name));
      if (missing.length > 0) note(`Not set before: ${missing.join(", ")}.`);
      const sentence = changed.unset.length === 0 ? "Nothing changed." : `Removed ${changed.unset.join(", ")}.`;
      await report(client, at.project, flags, sentence, changed);
    });
  withExamples(withGroup(secret.command("remove")), "homeport secret remove --project shop --group database")
    .description("Remove a secret group that no service has attached")
    .option("--json", "print JSON")
    .action(async (flags: GroupFlags) => {
      const at = checkGroup(flags);
      printOne(await connect().client.deployments.secretGroups.remove(at), flags.json, `Removed ${at.group}.`);
    });
  addSecretAttach(secret);
  addSecretReading(secret);
};

const withApply = (command: Command): Command =>
  command
    .option("--apply", "deploy the services anew that use the group; otherwise their next deployment uses it")
    .option("--wait", "with --apply: wait until they are live (the default in a terminal)")
    .option("--no-wait", "with --apply: return once it is accepted")
    .option("--json", "print JSON");

const readValues = async (pairs: string[]): Promise<Record<string, string>> => {
  const values = await readKeyValues(pairs);
  if (values.some(({ isTyped }) => isTyped)) {
    note(
      "A value typed on the command line is in the shell's history and in process lists; KEY=@FILE and KEY=- are not.",
    );
  }
  return Object.fromEntries(values.map(({ key, text }) => [key, text]));
};

type Changed = { version: number; deployments: { service: string; deploymentId: string }[] };

/** Says what was changed; with --apply, how the services come out of it. */
const report = async (
  client: Client,
  project: string,
  flags: ApplyFlags,
  sentence: string,
  changed: Changed,
): Promise<void> => {
  const waits = flags.apply === true && (flags.wait ?? process.stdout.isTTY === true);
  const ended = await Promise.all(
    changed.deployments.map(async ({ service, deploymentId }) => {
      const { options } = connect();
      const target = { project, service };
      const started = await client.deployments.deployments.get({ ...target, deployment: deploymentId });
      return { service, deployment: waits ? await followDeployment(client, options, target, started, true) : started };
    }),
  );
  if (flags.json === true) {
    const deployments = ended.map(({ service, deployment: { id, state } }) => ({ service, deploymentId: id, state }));
    printJson({ ...changed, deployments });
  } else {
    print(sentence);
    if (flags.apply !== true) note("Services get it with their next deployment; --apply deploys them at once.");
    else if (ended.length === 0) note("No service that uses the group has anything live.");
    else
      print(
        table(
          ["service", "state"],
          ended.map(({ service, deployment }) => [service, deployment.state]),
        ),
      );
  }
  const failed = ended.filter(({ deployment: { state } }) => waits && state !== "live");
  if (failed.length === 0) return;
  for (const { service, deployment } of flags.json === true ? [] : failed) {
    note(`${service}:`);
    tellReason(deployment);
  }
  throw new UnmetError();
};
