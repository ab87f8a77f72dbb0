import type { Client } from "@homeport/sdk";
import type { Command } from "commander";
import { everyItem } from "./every-item.ts";
import { unlessForbidden } from "./identity.ts";
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

/** All that `homeport deploy --wait` asks for in a project that is there. */
export const DEPLOYING_TOKEN =
  "homeport token create --name ci --project shop --scope 'service:*' 'upload:*' 'deployment:*' log:read";

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
      `
To deploy, a token needs service:*, upload:* and deployment:*, with --wait log:read as well, and project:create (not in
one project) where the project is not there yet.
What cannot be undone or shows secrets is never covered by "*": name it in full, for example secret:reveal. A token
made by a token does no more than that one and ends with it; make the first
that names such an action in the browser, under Account > API tokens, with "Only these scopes".`,
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

/** Scopes are kept with the ids of projects and environments; people read the names of those that they can see. */
export const printTokens = async (
  client: Client,
  tokens: Omit<Made, "token">[],
  json: boolean | undefined,
  none: string,
): Promise<void> => {
  const names = json === true ? new Map<string, string>() : await namesOf(client, tokens);
  printList(tokens, json, {
    head: ["id", "name", "begins", "may", "made", "used", "ends"],
    row: ({ id, name, hint, scopes, createdAt, lastUsedAt, expiresAt }) => [
      id,
      name,
      hint,
      scopes.join(" ").replaceAll(ID, (id) => names.get(id) ?? id),
      ago(createdAt),
      lastUsedAt === null ? "never" : ago(lastUsedAt),
      day(expiresAt),
    ],
    none,
  });
};

const ID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

const namesOf = async (client: Client, tokens: Omit<Made, "token">[]): Promise<Map<string, string>> => {
  const ids = new Set(tokens.flatMap(({ scopes }) => scopes.join(" ").match(ID) ?? []));
  if (ids.size === 0) return new Map();
  const { projects, environments } = client.deployments;
  const all = (await unlessForbidden(everyItem((at) => projects.list(at)))) ?? [];
  const named = all.filter(({ id }) => ids.has(id));
  const inside = tokens.some(({ scopes }) => scopes.some((scope) => scope.includes("/environment/")))
    ? await Promise.all(named.map(({ slug }) => unlessForbidden(environments.list({ project: slug }))))
    : [];
  return new Map([...named, ...inside.flatMap((each) => each?.items ?? [])].map(({ id, slug }) => [id, slug]));
};
