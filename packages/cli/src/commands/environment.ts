import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { printList, printOne } from "../output.ts";
import { checkName } from "../secret-target.ts";
import { connect } from "../session.ts";
import { UsageError } from "../usage-error.ts";

type Flags = { project: string; json?: boolean };
type Shape = { branches?: string | false; position?: string; protect?: boolean; name?: string };

const HELP = `
An environment has each service of its project once, with its own variables, releases and addresses. Production is always
there. A push to a branch is deployed to the first environment, in their order, whose --branches it matches; a * stands
for anything. Other commands take --environment NAME, and mean production without it.`;

export const addEnvironment = (program: Command): void => {
  const environment = program
    .command("environment")
    .description("Environments of a project, such as staging")
    .addHelpText("after", HELP);
  const command = (name: string): Command =>
    environment.command(name).requiredOption("--project <name>", "the project").option("--json", "print JSON");

  withExamples(command("list"), "homeport environment list --project shop")
    .description("List the environments of a project, in their order")
    .action(async (flags: Flags) => {
      const { items } = await connect().client.deployments.environments.list({ project: projectOf(flags) });
      printList(items, flags.json, {
        head: ["environment", "branches", "protected"],
        row: (each) => [each.slug, each.branchPattern ?? "", each.protected ? "yes" : ""],
        none: "There are no environments that you may see.",
      });
    });

  withExamples(
    command("create <name>"),
    "homeport environment create staging --project shop --branches main",
    "homeport environment create review --project shop --branches 'feature/*' --copy-from staging",
  )
    .description("Make an environment; nothing runs in it until something is deployed or promoted there")
    .option("--branches <pattern>", "pushes to these branches are deployed to it")
    .option("--copy-from <environment>", "with the variables and differing settings of this one")
    .action(async (name: string, flags: Flags & { branches?: string; copyFrom?: string }) => {
      const { branches, copyFrom } = flags;
      const made = await connect().client.deployments.environments.create({
        project: projectOf(flags),
        slug: checkName("The name", name),
        ...(branches === undefined ? {} : { branchPattern: branches }),
        ...(copyFrom === undefined ? {} : { copyFrom: checkName("--copy-from", copyFrom) }),
      });
      const next = `homeport deploy --project ${flags.project} --service NAME --environment ${made.slug}`;
      printOne(made, flags.json, `Made ${made.slug}. Next: ${next}`);
    });

  withExamples(
    command("update <name>"),
    "homeport environment update staging --project shop --branches 'release/*'",
    "homeport environment update staging --project shop --name preview --position 1",
    "homeport environment update production --project shop --protect",
  )
    .description("Change an environment's name, branches or place, or protect it")
    .option("--name <name>", "what it is called from now on; addresses stay")
    .option("--branches <pattern>", "pushes to these branches are deployed to it")
    .option("--no-branches", "no push is")
    .option("--position <number>", "its place among the environments, from 1")
    .option("--protect", "let developers change and deploy no more in it, only deployers and admins")
    .option("--no-protect", "let them again")
    .action(async (name: string, flags: Flags & Shape) => {
      const changes = changesOf(flags);
      if (Object.keys(changes).length === 0)
        throw new UsageError("Say what to change: --name, --branches, --position or --protect.");
      const environment = checkName("The name", name);
      const { environments } = connect().client.deployments;
      const changed = await environments.update({ project: projectOf(flags), environment, ...changes });
      printOne(changed, flags.json, `Changed ${changed.slug}.`);
    });

  withExamples(command("remove <name>"), "homeport environment remove review --project shop")
    .description("Remove an environment with all that runs in it, its variables and its releases")
    .action(async (name: string, flags: Flags) => {
      const environment = checkName("The name", name);
      const { environments } = connect().client.deployments;
      printOne(await environments.remove({ project: projectOf(flags), environment }), flags.json, `Removed ${name}.`);
    });
};

const projectOf = ({ project }: Flags): string => checkName("--project", project);

const changesOf = ({ name, branches, position, protect }: Shape) => ({
  ...(name === undefined ? {} : { slug: checkName("--name", name) }),
  ...(branches === undefined ? {} : { branchPattern: branches === false ? null : branches }),
  ...(position === undefined ? {} : { position: placeOf(position) }),
  ...(protect === undefined ? {} : { protected: protect }),
});

/** People count from one. */
const placeOf = (position: string): number => {
  if (!/^([1-9]|[1-4]\d|50)$/.test(position)) throw new UsageError("--position must be a whole number from 1 to 50.");
  return Number(position) - 1;
};
