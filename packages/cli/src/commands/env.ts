import type { Client } from "@homeport/sdk";
import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { followMany, type Queued, tellFailures } from "../follow-many.ts";
import { ago, counted, note, print, printJson, table } from "../output.ts";
import { checkScope, type ScopeFlags, type ScopeTarget, scopeOfChange, withScope } from "../scope-target.ts";
import { connect } from "../session.ts";
import { UnmetError, UsageError } from "../usage-error.ts";
import { report } from "./deploy.ts";
import { reportMany } from "./report-many.ts";
import { printValues, REVEAL_HELP } from "./secret-reading.ts";

type ChangeFlags = ScopeFlags & { apply?: boolean; stage?: boolean; wait?: boolean; json?: boolean };

export const addEnv = (program: Command): void => {
  const env = program.command("env").description("Variables of a service or of a wider scope; values are write-only");
  withExamples(
    withApply(withScope(env.command("set <KEY=VALUE...>"))),
    'homeport env set --project shop --service api LOG_LEVEL=debug "GREETING=good day" --apply',
    "homeport env set --project shop --scope environment:staging LOG_LEVEL=debug",
    `homeport env set --project shop --service web 'API=\${{api.INTERNAL_URL}}' --stage`,
  )
    .description("Set variables; the others stay as they are")
    .action(async (pairs: string[], flags: ChangeFlags) => {
      const values = Object.fromEntries(pairs.map(parsePair));
      const target = checkFlags(flags);
      const { client } = connect();
      if (flags.stage === true) {
        const scope = scopeOfChange(target);
        const changes = Object.entries(values).map(([name, value]) => ({
          op: "variable.set" as const,
          scope,
          name,
          value,
        }));
        return stage(client, target, changes, flags);
      }
      const all = flags.apply === true ? { apply: true } : {};
      const { kind: _kind, ...place } = target;
      const answer =
        target.kind === "scope"
          ? await client.deployments.scopedVariables.set({ ...(place as Scoped), values, ...all })
          : await client.deployments.variables.set({ ...(place as OfService), values, ...all });
      await conclude(flags, target, `Set ${answer.set.join(", ")}.`, answer);
    });
  withExamples(
    withApply(withScope(env.command("unset <KEY...>"))),
    "homeport env unset --project shop --service api LOG_LEVEL --apply",
  )
    .description("Remove variables")
    .action(async (names: string[], flags: ChangeFlags) => {
      const target = checkFlags(flags);
      const { client } = connect();
      if (flags.stage === true) {
        const scope = scopeOfChange(target);
        return stage(
          client,
          target,
          names.map((name) => ({ op: "variable.unset" as const, scope, name })),
          flags,
        );
      }
      const all = flags.apply === true ? { apply: true } : {};
      const { kind: _kind, ...place } = target;
      const answer =
        target.kind === "scope"
          ? await client.deployments.scopedVariables.unset({ ...(place as Scoped), names, ...all })
          : await client.deployments.variables.unset({ ...(place as OfService), names, ...all });
      const missing = names.filter((name) => !answer.unset.includes(name));
      if (missing.length > 0) note(`Not set before: ${missing.join(", ")}.`);
      const sentence = answer.unset.length === 0 ? "Nothing changed." : `Removed ${answer.unset.join(", ")}.`;
      await conclude(flags, target, sentence, answer);
    });
  withExamples(
    withScope(env.command("list")),
    "homeport env list --project shop --service api",
    "homeport env list --project shop --scope project",
  )
    .description("List the names of the variables; of a service those of all scopes, and where each comes from")
    .option("--json", "print JSON")
    .action(async (flags: ScopeFlags & { json?: boolean }) => {
      const target = checkScope(flags);
      const { client } = connect();
      const { kind: _kind, ...place } = target;
      const { items } =
        target.kind === "scope"
          ? await client.deployments.scopedVariables.list(place as Scoped)
          : await client.deployments.variables.list(place as OfService);
      if (flags.json === true) printJson(items);
      else if (items.length === 0) note("There are no variables. Set one with: homeport env set KEY=VALUE");
      else
        print(
          table(
            ["name", "from", "refers to", "changed"],
            items.map((each) => [
              each.name,
              "scope" in each ? String(each.scope) : (flags.scope ?? ""),
              each.refers.map(({ name }) => name).join(", "),
              ago(each.updatedAt),
            ]),
          ),
        );
    });
  withExamples(
    withScope(env.command("reveal <KEY...>")),
    "homeport env reveal --project shop --service api DATABASE_URL",
  )
    .description("Tell values of variables; the audit log says who asked")
    .addHelpText("after", REVEAL_HELP)
    .option("--json", "print JSON: {KEY: value}; for values of several lines")
    .action(async (names: string[], flags: ScopeFlags & { json?: boolean }) => {
      const target = checkScope(flags);
      const { client } = connect();
      const { kind: _kind, ...place } = target;
      const { values } =
        target.kind === "scope"
          ? await client.deployments.scopedVariables.reveal({ ...(place as Scoped), names })
          : await client.deployments.variables.reveal({ ...(place as OfService), names });
      printValues(values, names, flags.json);
    });
};

type Scoped = { project: string; scope: string };
type OfService = { project: string; service: string; environment?: string };

const withApply = (command: Command): Command =>
  command
    .option("--apply", "deploy what it changes now; otherwise the next deployment uses it")
    .option("--stage", "only stage it: see and apply it with `homeport changes`")
    .option("--wait", "with --apply: wait until all that it deploys is live (the default in a terminal)")
    .option("--no-wait", "with --apply: return once it is accepted")
    .option("--json", "print JSON");

const checkFlags = (flags: ChangeFlags): ScopeTarget => {
  if (flags.stage === true && flags.apply === true) throw new UsageError("Use either --stage or --apply.");
  return checkScope(flags);
};

const parsePair = (pair: string): [string, string] => {
  const at = pair.indexOf("=");
  if (at < 1) throw new UsageError(`"${pair}" is not KEY=VALUE.`);
  return [pair.slice(0, at), pair.slice(at + 1)];
};

type Changes = Parameters<Client["deployments"]["changes"]["stage"]>[0]["changes"];

const stage = async (client: Client, { project }: ScopeTarget, changes: Changes, { json }: ChangeFlags) => {
  const draft = await client.deployments.changes.stage({ project, changes });
  tellProblems(draft.problems);
  if (json === true) printJson(draft);
  else print(`Staged. ${waiting(draft.changes.length)}: homeport changes list --project ${project}`);
};

/** `1 change waits`, `2 changes wait`. */
const waiting = (count: number): string => `${counted(count, "change")} ${count === 1 ? "waits" : "wait"}`;

type Answer = {
  deployments?: { service: string; environment: string; deploymentId: string }[] | undefined;
  problems?:
    | { service: string; environment: string; variable: string; reference: string; problem: string }[]
    | undefined;
};

/** References that lead nowhere do not keep a value from being set, but the next deployment from succeeding. */
export const tellProblems = (problems: Answer["problems"]): void => {
  for (const { service, environment, variable, reference, problem } of problems ?? []) {
    const what = { missing: "is not there", cycle: "leads back to itself" }[problem] ?? "is too large";
    note(`Warning: ${variable} of ${service} in ${environment}: ${reference} ${what}.`);
  }
};

const conclude = async (
  flags: ChangeFlags,
  target: ScopeTarget,
  sentence: string,
  answer: Answer & object,
): Promise<void> => {
  tellProblems(answer.problems);
  if (flags.apply !== true) {
    if (flags.json === true) printJson(answer);
    else print(`${sentence} The next deployment uses it; --apply deploys what it changes at once.`);
    return;
  }
  if (target.kind === "scope") {
    const { deployments = [], ...rest } = answer;
    const none = `${sentence} Nothing that runs changes by it.`;
    const told = deployments.length === 0 ? none : `${sentence} ${deployedSentence(deployments)}`;
    await reportMany(connect().client, target.project, { ...rest, deployments }, told, flags);
    return;
  }
  note(sentence);
  const { client, options } = connect();
  const { kind: _kind, ...place } = target;
  const { service, environment = "production" } = place;
  const isOwn = (each: Queued) => each.service === service && each.environment === environment;
  const { deployments = [] } = answer;
  const own = deployments.find(isOwn);
  const others = deployments.filter((each) => !isOwn(each));
  if (others.length > 0) note(`What refers to it changes, too. ${deployedSentence(others)}`);
  // Nothing new for the service itself is a restart: that is what was asked for.
  const started =
    own === undefined
      ? await client.deployments.deployments.create({ ...place, what: "configuration" })
      : await client.deployments.deployments.get({ ...place, deployment: own.deploymentId });
  await report(client, options, place, started, flags);
  if (!(flags.wait ?? process.stdout.isTTY === true)) return;
  if (!tellFailures(await followMany(client, place.project, others, flags.json === true))) throw new UnmetError();
};

const deployedSentence = (deployed: NonNullable<Answer["deployments"]>): string =>
  `Deploying ${deployed.map(({ service, environment }) => `${service} in ${environment}`).join(", ")}.`;
