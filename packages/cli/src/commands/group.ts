import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { printList, printOne } from "../output.ts";
import { checkName } from "../secret-target.ts";
import { connect } from "../session.ts";

type Flags = { project: string; json?: boolean };

const HELP = `
A group has services that share variables: homeport env set --project P --scope group:NAME KEY=VALUE. A service is in one
group at most. Groups of secrets are another thing: homeport secret --help.`;

export const addGroup = (program: Command): void => {
  const group = program
    .command("group")
    .description("Groups of services, which share variables")
    .addHelpText("after", HELP);
  const command = (name: string): Command =>
    group.command(name).requiredOption("--project <name>", "the project").option("--json", "print JSON");

  withExamples(command("list"), "homeport group list --project shop")
    .description("List the groups of a project and the services in them")
    .action(async (flags: Flags) => {
      const { items } = await connect().client.deployments.groups.list({ project: projectOf(flags) });
      printList(items, flags.json, {
        head: ["group", "services"],
        row: ({ slug, services }) => [slug, services.join(", ")],
        none: "There are no groups. Make one with: homeport group create NAME --project PROJECT",
      });
    });

  withExamples(command("create <name>"), "homeport group create backend --project shop")
    .description("Make a group of services")
    .action(async (name: string, flags: Flags) => {
      const slug = checkName("The name", name);
      const made = await connect().client.deployments.groups.create({ project: projectOf(flags), slug });
      printOne(
        made,
        flags.json,
        `Made ${made.slug}. Next: homeport group add ${made.slug} SERVICE --project ${flags.project}`,
      );
    });

  withExamples(command("rename <name> <new-name>"), "homeport group rename backend core --project shop")
    .description("Give a group another name; references to its variables go with it")
    .action(async (name: string, newName: string, flags: Flags) => {
      const slug = checkName("The new name", newName);
      const { groups } = connect().client.deployments;
      const renamed = await groups.update({ project: projectOf(flags), group: checkName("The name", name), slug });
      printOne(renamed, flags.json, `${name} is called ${renamed.slug}.`);
    });

  withExamples(command("remove <name>"), "homeport group remove backend --project shop")
    .description("Remove a group with its variables; its services stay")
    .action(async (name: string, flags: Flags) => {
      const { groups } = connect().client.deployments;
      const removed = await groups.remove({ project: projectOf(flags), group: checkName("The name", name) });
      printOne(removed, flags.json, `Removed ${name}.`);
    });

  withExamples(command("add <group> <service>"), "homeport group add backend api --project shop")
    .description("Put a service into a group; its next deployment has the group's variables")
    .action((name: string, service: string, flags: Flags) =>
      put(flags, service, checkName("The group", name), `${service} is in ${name}.`),
    );

  withExamples(command("drop <service>"), "homeport group drop api --project shop")
    .description("Take a service out of its group")
    .action((service: string, flags: Flags) => put(flags, service, null, `${service} is in no group.`));
};

const projectOf = ({ project }: Flags): string => checkName("--project", project);

const put = async (flags: Flags, service: string, group: string | null, sentence: string): Promise<void> => {
  const { services } = connect().client.deployments;
  const target = { project: projectOf(flags), service: checkName("The service", service) };
  printOne(await services.update({ ...target, group }), flags.json, sentence);
};
