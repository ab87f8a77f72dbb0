import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { ago, note, print, printJson, table } from "../output.ts";
import { connect } from "../session.ts";
import { checkPlace, type Place, withPlace } from "../target.ts";
import { wholeNumber } from "../whole-number.ts";
import { report } from "./deploy.ts";

export const addReleases = (program: Command): void => {
  withExamples(
    withPlace(program.command("releases")),
    "homeport releases --project shop --service api",
    "homeport releases --project shop --service api --environment staging",
    "homeport releases --project shop --service api --json | jq '.[0].digest'",
  )
    .description("List the releases of a service, newest first")
    .option("--limit <number>", "how many", "20")
    .option("--json", "print JSON: [{number, digest, state, createdAt}]")
    .action(async (flags: Place & { limit: string; json?: boolean }) => {
      const limit = wholeNumber("--limit", flags.limit, 100);
      const { items } = await connect().client.deployments.releases.list({ ...checkPlace(flags), limit });
      if (flags.json === true) {
        printJson(
          items.map(({ number, digest, state, createdAt, commit }) => ({ number, digest, state, createdAt, commit })),
        );
      } else if (items.length === 0) {
        note("There are no releases yet. Make one with: homeport deploy");
      } else {
        const rows = items.map((each) => [
          String(each.number),
          stateOf(each),
          each.digest?.slice(7, 19) ?? each.image,
          ago(each.createdAt),
          each.commitMessage ?? "",
        ]);
        print(table(["number", "state", "image", "made", "commit"], rows));
      }
    });
  withExamples(
    withPlace(program.command("rollback")),
    "homeport rollback --project shop --service api --wait",
    "homeport rollback --project shop --service api --to 3",
    "homeport rollback --project shop --service api --environment staging",
  )
    .description("Make an earlier release live again, with the settings and variables it had")
    .option("--to <number>", "the release; unless given, the newest before the live one that was live itself")
    .option("--wait", "wait until it is live or has failed (the default in a terminal)")
    .option("--no-wait", "return once it is accepted")
    .option("--json", "print JSON")
    .action(async (flags: Place & { to?: string; wait?: boolean; json?: boolean }) => {
      const place = checkPlace(flags);
      const { client, options } = connect();
      const to = flags.to === undefined ? {} : { to: wholeNumber("--to", flags.to, 2 ** 31 - 1) };
      await report(client, options, place, await client.deployments.releases.rollback({ ...place, ...to }), flags);
    });
};

/** What it is, and whether it stays a way back. */
const stateOf = ({
  state,
  kept,
  collectedAt,
}: {
  state: string;
  kept?: boolean;
  collectedAt?: string | null;
}): string => {
  if (collectedAt != null) return `${state}, gone`;
  return kept === true ? `${state}, kept` : state;
};
