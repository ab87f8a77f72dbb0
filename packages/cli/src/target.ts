import { Slug } from "@homeport/kit/contract.ts";
import type { Command } from "commander";
import { UsageError } from "./usage-error.ts";

export type Target = { project: string; service: string };

/** Every command about a service names it the same way. */
export const withTarget = (command: Command): Command =>
  command.requiredOption("--project <name>", "the project").requiredOption("--service <name>", "the service in it");

/** @throws {UsageError} for names that no project or service can have */
export const checkTarget = ({ project, service }: Target): Target => {
  for (const [option, value] of [
    ["--project", project],
    ["--service", service],
  ] as const) {
    if (!Slug.safeParse(value).success) {
      throw new UsageError(`${option} "${value}": use lower-case letters, digits and dashes, starting with a letter.`);
    }
  }
  return { project, service };
};
