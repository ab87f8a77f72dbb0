import { invariant } from "@homeport/kit/errors.ts";
import type { Client } from "@homeport/sdk";
import type { Command } from "commander";
import { confirmName } from "../confirm.ts";
import { withExamples } from "../examples.ts";
import { ago, note, print, printBytes, printJson, table } from "../output.ts";
import { connect } from "../session.ts";
import { checkVolume, report, size, type VolumeFlags, type WorkFlags, withVolume, withWork } from "../volume-target.ts";
import { wholeNumber } from "../whole-number.ts";

type Found = Awaited<ReturnType<Client["deployments"]["volumeData"]["files"]>>;

/** As much as a volume can be. */
const MAX_MIB = 16_777_216;

/** What can be done with the data of a volume, among the commands about volumes, which have to be there. */
export const addVolumeData = (program: Command): void => {
  const volume = program.commands.find((command) => command.name() === "volume");
  invariant(volume !== undefined, "the commands about volumes are added before those about their data");
  withExamples(withVolume(volume.command("usage")), "homeport volume usage data --project shop --service db")
    .description("Measure what a volume takes")
    .action(usage);
  withExamples(
    withVolume(volume.command("files")).argument("[path]", "a folder or file in the volume", "/"),
    "homeport volume files data --project shop --service db",
    "homeport volume files data /backups/latest.sql --project shop --service db > latest.sql",
  )
    .description("List a folder of a volume, or print the beginning of a file")
    .action(files);
  withExamples(
    withWork(volume.command("reset")).option("--yes", "do not ask"),
    "homeport volume reset data --project shop --service db --environment staging --yes --wait",
  )
    .description("Empty a volume for good; its service is stopped meanwhile")
    .action(reset);
  withExamples(
    withWork(volume.command("resize")).requiredOption("--size <MiB>", "how much it may hold"),
    "homeport volume resize data --project shop --service db --size 2048 --wait",
  )
    .description("Change how much a volume may hold")
    .action(resize);
};

const usage = async (name: string, flags: VolumeFlags): Promise<void> => {
  const used = await connect().client.deployments.volumeData.usage(checkVolume(name, flags));
  if (flags.json === true) return printJson(used);
  const limit = used.sizeMiB === null ? "no limit" : `of ${size(used.sizeMiB * 1024 ** 2)}`;
  const measured = used.sizeMiB !== null && !used.enforced ? ", which is measured and not enforced" : "";
  print(`${size(used.bytes)} in ${used.files} files and folders, ${limit}${measured}.`);
  if (used.stale !== null) note(`Measured ${ago(used.measuredAt)}. ${used.stale.message}`);
};

const files = async (name: string, path: string, flags: VolumeFlags): Promise<void> => {
  const found = await connect().client.deployments.volumeData.files({ ...checkVolume(name, flags), path });
  if (flags.json === true) return printJson(found);
  if (found.type === "folder") return printFolder(found);
  const content = Buffer.from(found.content, "base64");
  await printBytes(content);
  if (found.truncated) note(`Only the first ${size(content.length)} of ${size(found.bytes)}.`);
};

const printFolder = ({ entries, total }: Extract<Found, { type: "folder" }>): void => {
  if (entries.length === 0) {
    note("It is empty.");
    return;
  }
  const rows = entries.map(({ name, type, bytes, modifiedAt }) => [
    type === "folder" ? `${name}/` : name,
    type,
    bytes === undefined ? "" : size(bytes),
    modifiedAt === undefined ? "" : ago(modifiedAt),
  ]);
  print(table(["name", "type", "size", "changed"], rows));
  if (total > entries.length) note(`And ${total - entries.length} more.`);
};

const reset = async (name: string, flags: WorkFlags & { yes?: boolean }): Promise<void> => {
  const target = checkVolume(name, flags);
  const { project, service, environment = "production" } = target;
  const consequence = `This deletes what the volume ${name} of ${service} in ${environment} of ${project} holds, for good.`;
  await confirmName(name, consequence, flags.yes);
  const { client } = connect();
  const asked = await client.deployments.volumeData.reset({ ...target, confirm: name });
  await report(client, target, asked, flags, () => `${name} is empty.`);
};

const resize = async (name: string, flags: WorkFlags & { size: string }): Promise<void> => {
  const target = checkVolume(name, flags);
  const sizeMiB = wholeNumber("--size", flags.size, MAX_MIB);
  const { client } = connect();
  const asked = await client.deployments.volumeData.resize({ ...target, sizeMiB });
  await report(client, target, asked, flags, () => `${name} may hold ${size(sizeMiB * 1024 ** 2)}.`);
};
