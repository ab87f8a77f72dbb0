import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { checkName } from "../secret-target.ts";
import { connect } from "../session.ts";
import { checkTarget, type Target, withTarget } from "../target.ts";
import { wholeNumber } from "../whole-number.ts";
import { report } from "./deploy.ts";

type Flags = Target & { from: string; to: string; release?: string; wait?: boolean; json?: boolean };

const HELP = `
The image is the one that was built and ran there; nothing is built again. Variables and settings are those of the
environment it comes to.`;

export const addPromote = (program: Command): void => {
  withExamples(
    withTarget(program.command("promote")).addHelpText("after", HELP),
    "homeport promote --project shop --service api --from staging --to production --wait",
    "homeport promote --project shop --service api --from staging --release 12",
  )
    .description("Bring what is live in one environment into another, without building it again")
    .requiredOption("--from <environment>", "where it runs, or ran")
    .option("--to <environment>", "where it is to run", "production")
    .option("--release <number>", "a release of --from; what is live there unless given")
    .option("--wait", "wait until it is live or has failed (the default in a terminal)")
    .option("--no-wait", "return once it is accepted")
    .option("--json", "print JSON")
    .action(promote);
};

const promote = async (flags: Flags): Promise<void> => {
  const place = { ...checkTarget(flags), environment: checkName("--to", flags.to) };
  const from = checkName("--from", flags.from);
  const { client, options } = connect();
  const release = flags.release === undefined ? {} : { release: wholeNumber("--release", flags.release, 2 ** 31 - 1) };
  await report(
    client,
    options,
    place,
    await client.deployments.releases.promote({ ...place, from, ...release }),
    flags,
  );
};
