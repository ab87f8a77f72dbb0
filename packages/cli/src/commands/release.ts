import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { printOne } from "../output.ts";
import { connect } from "../session.ts";
import { checkPlace, type Place, withPlace } from "../target.ts";
import { wholeNumber } from "../whole-number.ts";

const HELP = `
The newest releases of a service are kept, in each environment: how many is the setting deployments.releases-kept, and
deployments.release-keep-days says for how long older ones are. One that is not kept gives its image, variables and files
back, and cannot run again.`;

export const addRelease = (program: Command): void => {
  const release = program
    .command("release")
    .description("Keep a release as a way back, however old it is")
    .addHelpText("after", HELP);
  withExamples(
    withPlace(release.command("keep <number>")),
    "homeport release keep 12 --project shop --service api",
    "homeport release keep 3 --project shop --service api --environment staging",
  )
    .description("Keep a release whatever its age, until `release unkeep`")
    .option("--json", "print JSON")
    .action((number: string, flags: Flags) => keep(number, flags, true));
  withExamples(withPlace(release.command("unkeep <number>")), "homeport release unkeep 12 --project shop --service api")
    .description("Keep a release no longer than others")
    .option("--json", "print JSON")
    .action((number: string, flags: Flags) => keep(number, flags, false));
};

type Flags = Place & { json?: boolean };

const keep = async (text: string, flags: Flags, kept: boolean): Promise<void> => {
  const release = wholeNumber("The release", text, 2 ** 31 - 1);
  const place = checkPlace(flags);
  const now = await connect().client.deployments.releases.keep({ ...place, release, kept });
  printOne(now, flags.json, kept ? `Release ${release} is kept.` : `Release ${release} is kept as long as others are.`);
};
