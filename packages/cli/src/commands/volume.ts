import type { Client } from "@homeport/sdk";
import type { Command } from "commander";
import { confirmName } from "../confirm.ts";
import { withExamples } from "../examples.ts";
import { ago, printList, printOne } from "../output.ts";
import { checkName } from "../secret-target.ts";
import { connect } from "../session.ts";
import { checkPlace, optionsOf, type Place, withPlace } from "../target.ts";
import { UsageError } from "../usage-error.ts";
import { wholeNumber } from "../whole-number.ts";
import { addKeptVolumes } from "./kept-volume.ts";
import { reportMany } from "./report-many.ts";

type Flags = Place & { json?: boolean };
type ChangeFlags = Flags & { apply?: boolean; wait?: boolean };
type Shape = { path?: string; size?: string | false; name?: string };
type Volume = Awaited<ReturnType<Client["deployments"]["volumes"]["get"]>>;
type Deployed = Awaited<ReturnType<Client["deployments"]["volumes"]["remove"]>>["deployments"];

const HELP = `
A volume is a folder of a service that outlives its deployments. A service has the same volumes in every environment, and
in each of them a volume holds something else. Its data lies on one node. With a volume, a service has one replica at most,
and a deployment stops the old release before it starts the new one.`;

const MAX_SIZE_MIB = 16_777_216;

/** `homeport volume`; what is done with the data of volumes is added to it by others. */
export const addVolume = (program: Command): Command => {
  const volume = program
    .command("volume")
    .description("Volumes: folders that outlive deployments")
    .addHelpText("after", HELP);
  const command = (name: string): Command => withPlace(volume.command(name)).option("--json", "print JSON");

  withExamples(command("list"), "homeport volume list --project shop --service db")
    .description("List the volumes of a service")
    .action(async (flags: Flags) => {
      const { items } = await connect().client.deployments.volumes.list(checkPlace(flags));
      printList(items, flags.json, {
        head: ["volume", "path", "size", "made", ""],
        row: (each) => [each.slug, each.path, sizeOf(each), ago(each.createdAt), each.placed ? "" : "not deployed yet"],
        none: `There are no volumes. Make one with: homeport volume create data ${optionsOf(flags)} --path /data`,
      });
    });

  withExamples(
    withApply(command("create <name>")),
    "homeport volume create data --project shop --service db --path /var/lib/postgresql --apply",
    "homeport volume create uploads --project shop --service web --path /app/uploads --size 2048",
  )
    .description("Give a service a volume in all its environments")
    .requiredOption("--path <folder>", "where the service finds it")
    .option("--size <MiB>", "how much it may hold; as much as the disk unless given")
    .action(async (name: string, flags: ChangeFlags & Shape & { path: string }) => {
      const place = checkPlace(flags);
      const size = flags.size === undefined ? {} : { sizeMiB: checkSize(flags.size) };
      const { client } = connect();
      const made = await client.deployments.volumes.create({
        ...place,
        slug: checkName("The name", name),
        path: flags.path,
        ...size,
        apply: flags.apply === true,
      });
      await conclude(client, flags, made, `Made ${made.slug} at ${made.path}.`);
    });

  withExamples(
    withApply(command("update <name>")),
    "homeport volume update data --project shop --service db --path /var/lib/data --apply",
    "homeport volume update data --project shop --service db --no-size",
  )
    .description("Rename a volume, or change where it is or how much it may hold; what it holds stays")
    .option("--name <name>", "what it is called from now on")
    .option("--path <folder>", "where the service finds it")
    .option("--size <MiB>", "how much it may hold")
    .option("--no-size", "as much as the disk")
    .action(async (name: string, flags: ChangeFlags & Shape) => {
      const changes = changesOf(flags);
      if (Object.keys(changes).length === 0) throw new UsageError("Say what to change: --name, --path or --size.");
      const { client } = connect();
      const volumeName = checkName("The name", name);
      const place = { ...checkPlace(flags), volume: volumeName, apply: flags.apply === true };
      const changed = await client.deployments.volumes.update({ ...place, ...changes });
      await conclude(client, flags, changed, `Changed ${changed.slug}.`);
    });

  withExamples(
    withApply(command("remove <name>")),
    "homeport volume remove data --project shop --service db --apply",
    "homeport volume remove data --project shop --service db --yes",
  )
    .description("Remove a volume of a service in all environments; what it holds is kept for 7 days")
    .option("--yes", "do not ask")
    .action(async (name: string, flags: ChangeFlags & { yes?: boolean }) => {
      const place = checkPlace(flags);
      const confirm = checkName("The name", name);
      const consequence = `${place.service} loses its volume ${confirm} in all environments; what it holds is kept for 7 days.`;
      await confirmName(confirm, consequence, flags.yes);
      const { client } = connect();
      const wanted = { ...place, volume: confirm, confirm, apply: flags.apply === true };
      const removed = await client.deployments.volumes.remove(wanted);
      const sentence = `Removed ${confirm}. What it held is kept for 7 days: homeport volume kept --project ${place.project}`;
      await conclude(client, flags, removed, sentence);
    });

  addKeptVolumes(volume);
  return volume;
};

const withApply = (command: Command): Command =>
  command
    .option("--apply", "deploy what it changes now; otherwise the next deployment uses it")
    .option("--wait", "with --apply: wait until all that it deploys is live (the default in a terminal)")
    .option("--no-wait", "with --apply: return once it is accepted");

const checkSize = (text: string | false): number => wholeNumber("--size", String(text), MAX_SIZE_MIB);

const changesOf = ({ name, path, size }: Shape) => ({
  ...(name === undefined ? {} : { slug: checkName("--name", name) }),
  ...(path === undefined ? {} : { path }),
  // Commander says true for an option that may also be said no to and was not given at all.
  ...(size === undefined || typeof size === "boolean" ? {} : { sizeMiB: checkSize(size) }),
  ...(size === false ? { sizeMiB: null } : {}),
});

const conclude = async (
  client: Client,
  flags: ChangeFlags,
  answer: { deployments: Deployed },
  sentence: string,
): Promise<void> => {
  const { deployments } = answer;
  if (flags.apply === true) {
    const where = deployments.map(({ service, environment }) => `${service} in ${environment}`).join(", ");
    const then = deployments.length === 0 ? "Nothing that runs changes by it." : `Deploying ${where}.`;
    return reportMany(client, flags.project, answer, `${sentence} ${then}`, flags);
  }
  printOne(answer, flags.json, `${sentence}\nThe next deployment uses it; --apply deploys what it changes at once.`);
};

const sizeOf = ({ sizeMiB }: Pick<Volume, "sizeMiB">): string => (sizeMiB === null ? "" : `${sizeMiB} MiB`);
