import type { Command } from "commander";
import { everyItem } from "../every-item.ts";
import { withExamples } from "../examples.ts";
import { note, print, printJson, printList, printOne, table } from "../output.ts";
import { connect } from "../session.ts";

type Flags = { json?: boolean };

export const addTeam = (program: Command): void => {
  const team = program.command("team").description("Teams: their people have the roles that a team is granted");
  withExamples(team.command("list"), "homeport team list")
    .description("List the teams")
    .option("--json", "print JSON")
    .action(async ({ json }: Flags) => {
      const { client } = connect();
      printList(await everyItem((at) => client.auth.teams.list(at)), json, {
        head: ["team", "name", "members", "project roles"],
        row: ({ slug, name, memberCount, grantCount }) => [slug, name, String(memberCount), String(grantCount)],
        none: "There are no teams. Make one with: homeport team create",
      });
    });
  withExamples(team.command("show <team>"), "homeport team show backend")
    .description("Show a team and who is in it")
    .option("--json", "print JSON: the team with its members")
    .action(show);
  withExamples(team.command("create <slug>"), "homeport team create backend --name 'Back end'")
    .description("Make a team")
    .option("--name <text>", "what people read; the slug unless given")
    .option("--json", "print JSON")
    .action(async (slug: string, { name, json }: Flags & { name?: string }) => {
      const named = name === undefined ? {} : { name };
      const made = await connect().client.auth.teams.create({ slug, ...named });
      printOne(made, json, `Made ${made.slug}. Next: homeport team add ${made.slug} PERSON`);
    });
  withExamples(team.command("remove <team>"), "homeport team remove backend")
    .description("Remove a team with its roles in projects; its people stay members")
    .option("--json", "print JSON")
    .action(async (slug: string, { json }: Flags) => {
      printOne(await connect().client.auth.teams.remove({ team: slug }), json, `Removed ${slug}.`);
    });
  withExamples(team.command("add <team> <person>"), "homeport team add backend ada@example.com")
    .description("Put a member of the organisation into a team")
    .option("--json", "print JSON")
    .action(async (slug: string, person: string, { json }: Flags) => {
      const added = await connect().client.auth.teams.addMember({ team: slug, person });
      printOne(added, json, `${added.email} is in ${slug}.`);
    });
  withExamples(team.command("drop <team> <person>"), "homeport team drop backend ada@example.com")
    .description("Take somebody out of a team")
    .option("--json", "print JSON")
    .action(async (slug: string, person: string, { json }: Flags) => {
      const dropped = await connect().client.auth.teams.removeMember({ team: slug, person });
      printOne(dropped, json, `${person} is not in ${slug} any more.`);
    });
};

const show = async (slug: string, { json }: Flags): Promise<void> => {
  const { client } = connect();
  const [team, members] = await Promise.all([
    client.auth.teams.get({ team: slug }),
    everyItem((at) => client.auth.teams.listMembers({ team: slug, ...at })),
  ]);
  if (json === true) {
    printJson({ ...team, members });
    return;
  }
  print(`${team.slug} (${team.name}), with ${team.grantCount} ${team.grantCount === 1 ? "role" : "roles"} in projects`);
  if (members.length === 0) note(`Nobody is in it. Add somebody with: homeport team add ${team.slug} PERSON`);
  else
    print(
      `\n${table(
        ["person", "name"],
        members.map(({ email, name }) => [email, name]),
      )}`,
    );
};
