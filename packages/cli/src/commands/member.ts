import { ROLES, type Role } from "@homeport/kit/principal.ts";
import { Argument, type Command } from "commander";
import { everyItem } from "../every-item.ts";
import { withExamples } from "../examples.ts";
import { note, printList, printOne } from "../output.ts";
import { connect } from "../session.ts";

type Flags = { json?: boolean };

export const addMember = (program: Command): void => {
  const member = program.command("member").description("Who belongs to the organisation, and as what");
  withExamples(member.command("list"), "homeport member list", "homeport member list --json | jq '.[].email'")
    .description("List the members")
    .option("--json", "print JSON")
    .action(async ({ json }: Flags) => {
      const { client } = connect();
      printList(await everyItem((at) => client.auth.members.list(at)), json, {
        head: ["person", "name", "role", "teams", "own project roles", "since"],
        row: (each) => [
          each.email,
          each.name,
          each.role,
          each.teams.join(" "),
          String(each.grantCount),
          each.joinedAt.slice(0, 10),
        ],
        none: "There are no members.",
      });
    });
  withExamples(member.command("set-role <person>"), "homeport member set-role ada@example.com deployer")
    .description("Give a member another role in the organisation")
    .addArgument(new Argument("<role>", "a member has only what teams and projects grant").choices(ROLES))
    .option("--json", "print JSON")
    .action(async (person: string, role: Role, { json }: Flags) => {
      const changed = await connect().client.auth.members.update({ person, role });
      printOne(changed, json, `${changed.email} is ${changed.role} now.`);
    });
  withExamples(member.command("remove <person>"), "homeport member remove ada@example.com")
    .description("Remove somebody from the organisation; their sessions and tokens in it end")
    .option("--json", "print JSON")
    .action(async (person: string, { json }: Flags) => {
      printOne(await connect().client.auth.members.remove({ person }), json, `Removed ${person}.`);
    });
  withExamples(member.command("leave"), "homeport member leave")
    .description("Leave the organisation of this login, whose token ends with that")
    .option("--json", "print JSON")
    .action(async ({ json }: Flags) => {
      printOne(await connect().client.auth.members.leave({}), json, "You left.");
      note("To work in another organisation: homeport login");
    });
};
