import { type Client, type ClientOptions, clientError } from "@homeport/sdk";
import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { followDeployment, tellReason } from "../follow.ts";
import { note, print, printJson, printList } from "../output.ts";
import { checkName } from "../secret-target.ts";
import { connect } from "../session.ts";
import { UnmetError, UsageError } from "../usage-error.ts";
import { wholeNumber } from "../whole-number.ts";
import { tellProblems } from "./env.ts";

type Flags = {
  project?: string;
  service?: string;
  version?: string;
  environment?: string;
  size?: string;
  bind?: string[];
  prefix?: string;
  stage?: boolean;
  list?: boolean;
  wait?: boolean;
  json?: boolean;
};
type Added = Awaited<ReturnType<Client["deployments"]["templates"]["add"]>>;

const HELP = `
It is a service like any other: \`homeport logs\`, \`homeport env list\` and \`homeport volume\` look after it. Its files are
in its volume, so they outlive deployments. Its password is made up and not shown; a service that is bound to it gets it
as a variable. Nobody reaches it from outside of its project.`;

export const addAdd = (program: Command): void => {
  withExamples(
    program.command("add [template]").addHelpText("after", HELP),
    "homeport add --list",
    "homeport add postgres --project shop --service db --bind api --wait",
    "homeport add valkey --project shop --service cache --version 8.1",
  )
    .description("Add a database to a project: postgres, mysql, mariadb, valkey or mongodb")
    .option("--project <name>", "the project")
    .option("--service <name>", "what it is called there; as the template unless given")
    .option("--version <version>", "another version than the newest, see --list")
    .option("--environment <name>", "where it is started; production unless given")
    .option("--size <MiB>", "of its volume; as large as the disk unless given")
    .option("--bind <service...>", "services that get its variables with their next deployment")
    .option("--prefix <text>", "with --bind: before the names of these variables")
    .option("--stage", "only stage it: see and apply it with `homeport changes`")
    .option("--list", "show what can be added")
    .option("--wait", "wait until it takes connections (the default in a terminal)")
    .option("--no-wait", "return once it is accepted")
    .option("--json", "print JSON")
    .action(async (template: string | undefined, flags: Flags) => {
      if (flags.list === true) return list(flags);
      await add(template, flags);
    });
};

const list = async ({ json }: Flags): Promise<void> => {
  const { items } = await connect().client.deployments.templates.list({});
  printList(items, json, {
    head: ["name", "versions", "port", "a bound service gets", "what it is"],
    row: (each) => [each.name, each.versions.join(" "), String(each.port), each.exports.join(" "), each.description],
    none: "There are none.",
  });
};

const add = async (template: string | undefined, flags: Flags): Promise<void> => {
  if (template === undefined)
    throw new UsageError("Name what to add, such as postgres. `homeport add --list` shows all.");
  if (flags.project === undefined) throw new UsageError("Name the project it is for: --project shop");
  if (flags.prefix !== undefined && flags.bind === undefined) throw new UsageError("--prefix goes with --bind.");
  const project = checkName("--project", flags.project);
  const slug = checkName("--service", flags.service ?? template);
  const { version, environment, size, bind = [], prefix } = flags;
  const { client, options } = connect();
  const added = await namingTemplates(
    template,
    client.deployments.templates.add({
      project,
      template: template as Added["template"], // the platform knows which there are
      slug,
      ...(version === undefined ? {} : { version }),
      ...(environment === undefined ? {} : { environment }),
      ...(size === undefined ? {} : { sizeMiB: wholeNumber("--size", size, 16_777_216) }),
      bind: bind.map((service) => ({ service, ...(prefix === undefined ? {} : { prefix }) })),
      stage: flags.stage === true,
    }),
  );
  tellProblems(added.problems);
  for (const { reason } of added.notDeployed) note(`It is not started. ${reason}`);
  if (added.draftVersion !== null) {
    if (flags.json === true) printJson(added);
    else print(`Staged. See and apply it: homeport changes list --project ${project}`);
    return;
  }
  await follow(client, options, project, added, flags);
};

/** Waits for its first deployment where that is asked for. @throws {UnmetError} when it did not come up */
const follow = async (
  client: Client,
  options: ClientOptions,
  project: string,
  added: Added,
  flags: Flags,
): Promise<void> => {
  const [started] = added.deployments;
  const waits = started !== undefined && (flags.wait ?? process.stdout.isTTY === true);
  const target = {
    project,
    service: added.slug,
    ...(started === undefined ? {} : { environment: started.environment }),
  };
  const ended = waits
    ? await followDeployment(
        client,
        options,
        target,
        await client.deployments.deployments.get({ ...target, deployment: started.deploymentId }),
        flags.json === true,
      )
    : null;
  const state = ended?.state ?? (started === undefined ? null : "queued");
  const reason = ended?.reason ?? null;
  if (flags.json === true) printJson({ ...added, state, ...(reason === null ? {} : { reason }) });
  if (ended !== null && ended.state !== "live") {
    if (flags.json !== true) tellReason(ended);
    throw new UnmetError();
  }
  if (flags.json === true) return;
  print(added.address);
  const named = `--project ${project} --service`;
  if (started !== undefined && !waits) note(`It is being started: homeport status ${named} ${added.slug}`);
  for (const service of added.bound) {
    note(`${service} gets ${added.exports.join(", ")} with its next deployment.`);
  }
  if (added.bound.length === 0) note(`Give a service access: homeport bind ${named} NAME --to ${added.slug}`);
};

/** @throws {UsageError} for a template that there is not */
const namingTemplates = async <T>(template: string, answer: Promise<T>): Promise<T> => {
  try {
    return await answer;
  } catch (err) {
    if (!clientError(err).issues.some(({ path }) => path === "template")) throw err;
    throw new UsageError(`There is no template "${template}". \`homeport add --list\` shows all.`);
  }
};
