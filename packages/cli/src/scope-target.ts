import type { Command } from "commander";
import { checkName } from "./secret-target.ts";
import { UsageError } from "./usage-error.ts";

/** Where variables are meant: of a service in one environment, or of a wider scope. */
export type ScopeFlags = { project: string; service?: string; environment?: string; scope?: string };

export type ScopeTarget =
  | { kind: "service"; project: string; service: string; environment?: string }
  | { kind: "scope"; project: string; scope: string };

export const SCOPE_HELP = `
Where a variable holds, from the widest to the narrowest; the narrower one wins:
  --scope project              in the whole project
  --scope environment:NAME     in one environment
  --scope group:NAME           in the services of a group
  --scope service:NAME         in one service, in all environments
  --service NAME               in one service, in production or in --environment NAME

A value may refer to others: \${{api.URL}}, \${{project.REGION}}, \${{secret.database.PASSWORD}}, \${{OTHER}}.`;

export const withScope = (command: Command): Command =>
  command
    .requiredOption("--project <name>", "the project")
    .option("--service <name>", "the service in it")
    .option("--environment <name>", "with --service: in this environment (production unless given)")
    .option("--scope <scope>", "a wider scope: project, environment:NAME, group:NAME or service:NAME")
    .addHelpText("after", SCOPE_HELP);

const SCOPE = /^(environment|group|service):(.+)$/;

/** @throws {UsageError} for names that nothing can have, and for both or none of --service and --scope */
export const checkScope = ({ project, service, environment, scope }: ScopeFlags): ScopeTarget => {
  const in_ = checkName("--project", project);
  if ((service === undefined) === (scope === undefined)) {
    throw new UsageError(
      "Say where: either --service NAME, or --scope project|environment:NAME|group:NAME|service:NAME.",
    );
  }
  if (scope !== undefined) {
    if (environment !== undefined)
      throw new UsageError(`--environment goes with --service; use --scope environment:${environment}.`);
    const [, kind, name = ""] = SCOPE.exec(scope) ?? [];
    if (scope === "project") return { kind: "scope", project: in_, scope };
    if (kind === undefined) {
      throw new UsageError(`--scope "${scope}": use project, environment:NAME, group:NAME or service:NAME.`);
    }
    return { kind: "scope", project: in_, scope: `${kind}:${checkName("--scope", name)}` };
  }
  const target = { kind: "service", project: in_, service: checkName("--service", service ?? "") } as const;
  return environment === undefined ? target : { ...target, environment: checkName("--environment", environment) };
};

/** The scope as a change says it. */
export const scopeOfChange = (target: ScopeTarget) => {
  if (target.kind === "service") {
    const { service, environment = "production" } = target;
    return { kind: "workload", service, environment } as const;
  }
  const [kind, name = ""] = target.scope.split(":");
  switch (kind) {
    case "environment":
      return { kind, environment: name } as const;
    case "group":
      return { kind, group: name } as const;
    case "service":
      return { kind, service: name } as const;
    default:
      return { kind: "project" } as const;
  }
};
