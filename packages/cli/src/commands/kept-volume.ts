import type { Command } from "commander";
import { confirmName } from "../confirm.ts";
import { everyItem } from "../every-item.ts";
import { withExamples } from "../examples.ts";
import { ago, day, printList, printOne } from "../output.ts";
import { checkName } from "../secret-target.ts";
import { connect } from "../session.ts";
import { checkPlace, type Place, withPlace } from "../target.ts";
import { UsageError } from "../usage-error.ts";

type Flags = { project: string; json?: boolean };

const ID = "01890000-0000-7000-8000-000000000001";

/** What is left of volumes that were removed. */
export const addKeptVolumes = (volume: Command): void => {
  const command = (name: string): Command =>
    volume.command(name).requiredOption("--project <name>", "the project").option("--json", "print JSON");

  withExamples(command("kept"), "homeport volume kept --project shop")
    .description("List what removed volumes held, also those that went with their service or environment")
    .action(async (flags: Flags) => {
      const project = checkName("--project", flags.project);
      const { keptVolumes } = connect().client.deployments;
      const items = await everyItem((at) => keptVolumes.list({ project, ...at }));
      printList(items, flags.json, {
        head: ["id", "volume", "of", "removed", "deleted on", ""],
        row: (each) => [
          each.id,
          each.slug,
          `${each.service} in ${each.environment}`,
          ago(each.removedAt),
          each.state === "kept" ? day(each.deleteAt) : "being deleted",
          each.reason?.message ?? "",
        ],
        none: "Nothing is kept.",
      });
    });

  withExamples(
    withPlace(volume.command("restore <id>")).option("--json", "print JSON"),
    `homeport volume restore ${ID} --project shop --service db`,
    `homeport volume restore ${ID} --project shop --service copy --environment staging --path /data`,
  )
    .description("Give a service what a removed volume held; what its volume of that name holds is kept instead")
    .option("--name <name>", "of its volume, or of a new one; as it was unless given")
    .option("--path <folder>", "of a new volume; as it was unless given")
    .action(async (id: string, flags: Place & { json?: boolean; name?: string; path?: string }) => {
      const place = checkPlace(flags);
      const { name, path } = flags;
      const restored = await connect().client.deployments.keptVolumes.restore({
        ...place,
        kept: checkId(id),
        ...(name === undefined ? {} : { slug: checkName("--name", name) }),
        ...(path === undefined ? {} : { path }),
      });
      const where = `${place.service} in ${restored.environment}`;
      printOne(restored, flags.json, `${where} has it at ${restored.path}, from its next deployment on.`);
    });

  withExamples(command("forget <id>"), `homeport volume forget ${ID} --project shop`)
    .description("Delete what a removed volume held now, for good")
    .option("--yes", "do not ask")
    .action(async (id: string, flags: Flags & { yes?: boolean }) => {
      const project = checkName("--project", flags.project);
      const { keptVolumes } = connect().client.deployments;
      const kept = checkId(id);
      const items = await everyItem((at) => keptVolumes.list({ project, ...at }));
      const found = items.find((each) => each.id === kept);
      if (found === undefined)
        throw new UsageError(`Nothing of that id is kept. See: homeport volume kept --project ${project}`);
      const consequence = `What ${found.slug} of ${found.service} in ${found.environment} held will be deleted for good.`;
      await confirmName(found.slug, consequence, flags.yes);
      const answer = await keptVolumes.remove({ project, kept, confirm: found.slug });
      printOne(answer, flags.json, `${found.slug} is being deleted.`);
    });
};

/** @throws {UsageError} */
const checkId = (id: string): string => {
  if (/^[0-9a-f-]{36}$/.test(id)) return id;
  throw new UsageError(`"${id}": use an id that \`homeport volume kept\` shows.`);
};
