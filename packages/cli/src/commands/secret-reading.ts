import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { ago, note, print, printJson, table } from "../output.ts";
import { checkGroup, withGroup } from "../secret-target.ts";
import { connect } from "../session.ts";
import { needsNamed } from "../unnamed.ts";

type Flags = { project: string; group: string; json?: boolean };

/** What is in a group: names for readers, values for those who may be told. */
export const addSecretReading = (secret: Command): void => {
  withExamples(withGroup(secret.command("show")), "homeport secret show --project shop --group database")
    .description("Show the names of a group's items, and the services that use it; values are write-only")
    .option("--json", "print JSON")
    .action(async (flags: Flags) => {
      const shown = await connect().client.deployments.secretGroups.get(checkGroup(flags));
      if (flags.json === true) return printJson(shown);
      const { slug, version, lastUsedAt, items, users } = shown;
      print(`${slug}, version ${version}, last used ${lastUsedAt === null ? "never" : ago(lastUsedAt)}`);
      if (items.length === 0) note("It has no items. Set one with: homeport secret set");
      else
        print(
          table(
            ["name", "changed"],
            items.map(({ name, updatedAt }) => [name, ago(updatedAt)]),
          ),
        );
      if (users.length === 0) note("No service has it attached. Give it to one with: homeport secret attach");
      else
        print(
          table(
            ["service", "as", "live version"],
            users.map((user) => [user.service, asText(user), liveText(user)]),
          ),
        );
    });
  withExamples(
    withGroup(secret.command("reveal [KEY...]")),
    "homeport secret reveal --project shop --group database PASSWORD",
    "homeport secret reveal --project shop --group database --json | jq -r .PASSWORD",
  )
    .description("Tell values of a group; the audit log says who asked")
    .addHelpText("after", REVEAL_HELP)
    .option("--json", "print JSON: {KEY: value}; for values of several lines")
    .action(async (names: string[], flags: Flags) => {
      const wanted = names.length === 0 ? {} : { names };
      const { values } = await connect().client.deployments.secretGroups.reveal({ ...checkGroup(flags), ...wanted });
      printValues(values, names, flags.json);
    });
};

export const REVEAL_HELP = `\nOnly owners and admins can.${needsNamed("secret:reveal")}`;

/** One that was named as it is, so that it can be piped; of several each with its name. */
export const printValues = (values: Record<string, string>, names: string[], isJson: boolean | undefined): void => {
  const entries = Object.entries(values);
  if (isJson === true) printJson(values);
  else if (names.length === 1) print(entries[0]?.[1] ?? "");
  else for (const [name, value] of entries) print(`${name}=${value}`);
};

type User = {
  use: { as: "variables"; prefix: string } | { as: "files"; directory?: string | undefined } | null;
  liveVersion: number | null;
  isCurrent: boolean;
};

const asText = ({ use }: User): string => {
  if (use === null) return "detached";
  if (use.as === "files") return `files in ${use.directory}`;
  return use.prefix === "" ? "variables" : `variables ${use.prefix}...`;
};

const liveText = ({ liveVersion, isCurrent }: User): string =>
  liveVersion === null ? "none" : `${liveVersion}${isCurrent ? "" : " (stale)"}`;
