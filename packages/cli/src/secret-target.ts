import { Slug } from "@homeport/kit/contract.ts";
import type { Command } from "commander";
import { UsageError } from "./usage-error.ts";

/** Every command about a secret group names it the same way. */
export const withGroup = (command: Command): Command =>
  command.requiredOption("--project <name>", "the project").requiredOption("--group <name>", "the secret group in it");

/** @throws {UsageError} for names that no project or group can have */
export const checkGroup = ({ project, group }: { project: string; group: string }) => ({
  project: checkName("--project", project),
  group: checkName("--group", group),
});

/** @throws {UsageError} */
export const checkName = (option: string, name: string): string => {
  if (Slug.safeParse(name).success) return name;
  throw new UsageError(`${option} "${name}": use lower-case letters, digits and dashes, starting with a letter.`);
};
