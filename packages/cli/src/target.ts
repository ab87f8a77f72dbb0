import { Slug } from "@homeport/kit/contract.ts";
import type { Command } from "commander";
import { UsageError } from "./usage-error.ts";

export type Target = { project: string; service: string };

/** A service in one environment; production unless named. */
export type Place = Target & { environment?: string };

/** Every command about a service names it the same way. */
export const withTarget = (command: Command): Command =>
  command.requiredOption("--project <name>", "the project").requiredOption("--service <name>", "the service in it");

/** The same for commands about a service in one environment. */
export const withPlace = (command: Command): Command =>
  withTarget(command).option("--environment <name>", "the environment; production unless given");

/** @throws {UsageError} for names that no project or service can have */
export const checkTarget = ({ project, service }: Target): Target => {
  for (const [option, value] of [
    ["--project", project],
    ["--service", service],
  ] as const) {
    checkSlug(option, value);
  }
  return { project, service };
};

/** @throws {UsageError} for names that no project, service or environment can have */
export const checkPlace = (flags: Place): Place => {
  const { environment } = flags;
  const target = checkTarget(flags);
  if (environment === undefined) return target;
  checkSlug("--environment", environment);
  return { ...target, environment };
};

/** The options that name a place, to be told in a line to copy. */
export const optionsOf = ({ project, service, environment }: Place): string =>
  `--project ${project} --service ${service}${environment === undefined ? "" : ` --environment ${environment}`}`;

const checkSlug = (option: string, value: string): void => {
  if (Slug.safeParse(value).success) return;
  throw new UsageError(`${option} "${value}": use lower-case letters, digits and dashes, starting with a letter.`);
};
