import type { Command } from "commander";
import { confirmName } from "../confirm.ts";
import { everyItem } from "../every-item.ts";
import { withExamples } from "../examples.ts";
import { ago, note, printList, printOne } from "../output.ts";
import { connect } from "../session.ts";
import { UnmetError } from "../usage-error.ts";
import {
  checkVolume,
  patiently,
  report,
  size,
  type VolumeFlags,
  type VolumeTarget,
  type WorkFlags,
  withVolume,
  withWork,
} from "../volume-target.ts";

export const addSnapshot = (program: Command): void => {
  const snapshot = program.command("snapshot").description("Snapshots of what volumes hold");
  withExamples(
    withWork(snapshot.command("create")).option("--note <text>", "what it is for"),
    'homeport snapshot create data --project shop --service db --note "before the upgrade" --wait',
  )
    .description("Take a snapshot of a volume; its service goes on running")
    .action(create);
  withExamples(withVolume(snapshot.command("list")), "homeport snapshot list data --project shop --service db")
    .description("List the snapshots of a volume, newest first")
    .action(list);
  withExamples(
    withWork(snapshot.command("restore"))
      .argument("<snapshot>", "the id of the snapshot")
      .option("--yes", "do not ask"),
    "homeport snapshot restore data 0198d3f1-6f0a-7b52-9d5e-2f7b1c3a4e5f --project shop --service db --wait",
  )
    .description(
      "Put a snapshot in the place of what a volume holds, which is saved first; its service is stopped meanwhile",
    )
    .action(restore);
  withExamples(
    withWork(snapshot.command("remove")).argument("<snapshot>", "the id of the snapshot").option("--yes", "do not ask"),
    "homeport snapshot remove data 0198d3f1-6f0a-7b52-9d5e-2f7b1c3a4e5f --project shop --service db --yes",
  )
    .description("Remove a snapshot")
    .action(remove);
};

const create = async (name: string, flags: WorkFlags & { note?: string }): Promise<void> => {
  const target = checkVolume(name, flags);
  const { client } = connect();
  const about = flags.note === undefined ? {} : { note: flags.note };
  const asked = await client.deployments.snapshots.create({ ...target, ...about });
  await report(client, target, asked, flags, (done) => `Took ${done.snapshot}.`);
};

const snapshotsOf = (target: VolumeTarget) => {
  const { client } = connect();
  return patiently(() => everyItem((page) => client.deployments.snapshots.list({ ...target, ...page })));
};

const list = async (name: string, flags: VolumeFlags): Promise<void> => {
  printList(await snapshotsOf(checkVolume(name, flags)), flags.json, {
    head: ["snapshot", "state", "size", "taken", "by", "note"],
    row: (each) => [
      each.id,
      each.state,
      each.bytes === null ? "" : size(each.bytes),
      ago(each.createdAt),
      each.createdBy,
      each.note ?? (each.origin === "before-restore" ? "what was there before a restore" : ""),
    ],
    none: "There are no snapshots. Take one with: homeport snapshot create",
  });
};

type Choice = WorkFlags & { yes?: boolean };

const restore = async (name: string, id: string, flags: Choice): Promise<void> => {
  const target = checkVolume(name, flags);
  const { service, environment = "production" } = target;
  const consequence = `This stops ${service} in ${environment} and replaces what its volume ${name} holds; that is saved first.`;
  await confirmName(name, consequence, flags.yes);
  const { client } = connect();
  const asked = await client.deployments.snapshots.restore({ ...target, snapshot: id, confirm: name });
  await report(client, target, asked, flags, ({ savedAs }) =>
    savedAs === null ? `${name} is as it was then.` : `${name} is as it was then. What was there before is ${savedAs}.`,
  );
};

const LOOK_MS = 500;
/** A node may be away for longer; then it is deleted when that comes back, whoever waits. */
const REMOVED_WITHIN_MS = 120_000;

const remove = async (name: string, id: string, flags: Choice): Promise<void> => {
  const target = checkVolume(name, flags);
  await confirmName(name, `This removes the snapshot ${id} of ${name} for good.`, flags.yes);
  const removed = await connect().client.deployments.snapshots.remove({ ...target, snapshot: id });
  if (flags.wait ?? process.stdout.isTTY === true) await untilGone(target, id);
  printOne(removed, flags.json, `Removed ${id}.`);
};

/** @throws {UnmetError} when its node has not deleted it in time */
const untilGone = async (target: VolumeTarget, id: string): Promise<void> => {
  const until = Date.now() + REMOVED_WITHIN_MS;
  while ((await snapshotsOf(target)).some((each) => each.id === id)) {
    if (Date.now() > until) {
      note("Nobody can use it any more, but its node has not deleted it yet; that goes on without you.");
      throw new UnmetError();
    }
    await Bun.sleep(LOOK_MS);
  }
};
