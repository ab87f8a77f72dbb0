import type { Client } from "@homeport/sdk";
import type { Command } from "commander";
import { ago, day, note, print, printJson, printList } from "./output.ts";
import { wholeNumber } from "./whole-number.ts";

export type NewTokenFlags = {
  name: string;
  scope?: string[];
  project?: string;
  expiresInDays: string;
  quiet?: boolean;
  json?: boolean;
};

/** Tokens of people and of service accounts are made the same way. */
export const withNewToken = (command: Command): Command =>
  command
    .requiredOption("--name <name>", "what it is for")
    .option(
      "--scope <scope...>",
      "what it may do: noun:verb, noun:* or *; with @project/NAME or @project/NAME/environment/NAME only there (default: *)",
    )
    .option("--project <name>", "only in this project, for scopes that name no place")
    .option("--expires-in-days <number>", "1 to 366", "90")
    .option("--quiet", "nothing but the token")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      '\nWhat cannot be undone or shows secrets is never covered by "*": name it in full, for example secret:reveal. A token\nmade by a token does no more than that one and ends with it; make the first that names such an action in the browser.',
    );

/** @throws {UsageError} */
export const newTokenOf = ({ name, scope = ["*"], project, expiresInDays }: NewTokenFlags) => ({
  name,
  scopes: scope.map((each) => (project === undefined || each.includes("@") ? each : `${each}@project/${project}`)),
  expiresInDays: wholeNumber("--expires-in-days", expiresInDays, 366),
});

type Made = Awaited<ReturnType<Client["auth"]["tokens"]["create"]>>;

/** The token stands alone on stdout. */
export const printNewToken = (made: Made, { quiet, json }: NewTokenFlags): void => {
  if (json === true) {
    printJson(made);
    return;
  }
  if (quiet !== true) note(`"${made.name}" works until ${day(made.expiresAt)}. It is not shown again:`);
  print(made.token);
};

export const printTokens = (tokens: Omit<Made, "token">[], json: boolean | undefined, none: string): void =>
  printList(tokens, json, {
    head: ["id", "name", "begins", "may", "made", "used", "ends"],
    row: ({ id, name, hint, scopes, createdAt, lastUsedAt, expiresAt }) => [
      id,
      name,
      hint,
      scopes.join(" "),
      ago(createdAt),
      lastUsedAt === null ? "never" : ago(lastUsedAt),
      day(expiresAt),
    ],
    none,
  });
