import { existsSync, statSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { BuildFailure } from "@homeport/runner/build-failure.ts";
import { BuildSpec } from "@homeport/runner/build-spec.ts";
import { ejectDockerfile } from "@homeport/runner/eject.ts";
import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { note, print, printJson } from "../output.ts";
import { UnmetError, UsageError } from "../usage-error.ts";

type Flags = { preset?: string; build?: string; start?: string; force?: boolean; json?: boolean };

const Preset = BuildSpec.shape.preset;

export const addEject = (program: Command): void => {
  withExamples(
    program.command("eject [dir]"),
    "homeport eject                                    # this folder",
    "homeport eject ./api --preset python --start 'gunicorn app:app'",
    "homeport eject --force --json | jq -r .explanation",
  )
    .description("Write the Dockerfile that a folder would be built with, to keep it and change it")
    .option("--preset <name>", "the preset, when detection would choose another")
    .option("--build <command>", "the command that builds it, when detection would choose another")
    .option("--start <command>", "the command that starts it, when detection would choose another")
    .option("--force", "overwrite files that are there and differ")
    .option("--json", "print JSON: preset, files, explanation")
    .action(eject);
};

const eject = async (dir: string | undefined, flags: Flags): Promise<void> => {
  const folder = resolve(dir ?? ".");
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw new UsageError(`${folder} is not a folder.`);
  const { preset, dockerfile, dockerignore, files, explanation } = await ejected(folder, flags);
  const all = { Dockerfile: dockerfile, ".dockerignore": dockerignore, ...files };
  const changed: string[] = [];
  for (const [name, text] of Object.entries(all)) if (!(await isSame(join(folder, name), text))) changed.push(name);
  const inTheWay = changed.filter((name) => existsSync(join(folder, name)));
  if (inTheWay.length > 0 && flags.force !== true) {
    note(`${inTheWay.join(", ")} would be overwritten. Nothing was written; --force overwrites.`);
    throw new UnmetError();
  }
  for (const [name, text] of Object.entries(all)) if (changed.includes(name)) await writeAnew(join(folder, name), text);
  if (flags.json === true) return printJson({ preset, files: Object.keys(all), explanation });
  note(explanation);
  for (const name of changed) print(join(folder, name));
  note(changed.length === 0 ? "All of it was there already." : "The next deployment builds this Dockerfile.");
};

const ejected = async (folder: string, { preset, build, start }: Flags): ReturnType<typeof ejectDockerfile> => {
  const known = Preset.safeParse(preset);
  if (!known.success) throw new UsageError(`There is no preset "${preset}". There are: ${names().join(", ")}.`);
  try {
    return await ejectDockerfile(folder, {
      ...(known.data === undefined ? {} : { preset: known.data }),
      ...(build === undefined ? {} : { buildCommand: build }),
      ...(start === undefined ? {} : { startCommand: start }),
    });
  } catch (err) {
    if (!(err instanceof BuildFailure)) throw err;
    note(err.message);
    throw new UnmetError();
  }
};

const names = (): readonly string[] => Preset.unwrap().options.filter((name) => name !== "dockerfile");

const isSame = async (path: string, text: string): Promise<boolean> =>
  existsSync(path) && statSync(path).isFile() && (await Bun.file(path).text()) === text;

/** What is there may be a link to somewhere else, and that is not to be written to. */
const writeAnew = async (path: string, text: string): Promise<void> => {
  await rm(path, { force: true });
  await writeFile(path, text, { flag: "wx" });
};
