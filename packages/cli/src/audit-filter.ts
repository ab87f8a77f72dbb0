import type { Client } from "@homeport/sdk";
import type { Command } from "commander";
import { z } from "zod";
import { UsageError } from "./usage-error.ts";

export type AuditFilterFlags = {
  instance?: boolean;
  action?: string;
  actor?: string;
  subject?: string;
  project?: string;
  from?: string;
  to?: string;
  text?: string;
};

export const withAuditFilter = (command: Command): Command =>
  command
    .option("--instance", "the platform's log instead of the organisation's, for who runs the platform")
    .option("--action <start>", "what the action begins with: project: or project:remove")
    .option("--actor <id>", "the id of who did it")
    .option("--subject <id>", "the id of what it was done to")
    .option("--project <name>", "in this project: its name, or its id when it is gone")
    .option("--from <time>", "from this moment on: 2026-06-01 or 2026-06-01T12:00Z")
    .option("--to <time>", "before this moment")
    .option("--text <text>", "somewhere in the entry");

/** @throws {UsageError} for a time that is none; {DomainError} not_found, for a project that is not there */
export const auditQueryOf = async (
  client: Client,
  { action, actor, subject, project, from, to, text }: AuditFilterFlags,
) => ({
  ...(action === undefined ? {} : { action }),
  ...(actor === undefined ? {} : { actor }),
  ...(subject === undefined ? {} : { subject }),
  ...(text === undefined ? {} : { text }),
  ...(project === undefined ? {} : { project: await projectId(client, project) }),
  ...(from === undefined ? {} : { from: instant("--from", from) }),
  ...(to === undefined ? {} : { to: instant("--to", to) }),
});

const projectId = async (client: Client, project: string): Promise<string> =>
  z.uuid().safeParse(project).success ? project : (await client.deployments.projects.get({ project })).id;

const instant = (option: string, text: string): string => {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new UsageError(`${option} must be a time like 2026-06-01T12:00Z, not "${text}".`);
  return new Date(ms).toISOString();
};
