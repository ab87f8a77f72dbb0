import { ROLES, type Role } from "@homeport/kit/principal.ts";
import type { Client } from "@homeport/sdk";
import { type Command, Option } from "commander";
import { everyItem } from "../every-item.ts";
import { withExamples } from "../examples.ts";
import { day, note, print, printJson, printList, printOne } from "../output.ts";
import { connect } from "../session.ts";

type Flags = { json?: boolean };
type Sent = Awaited<ReturnType<Client["auth"]["invites"]["create"]>>;

export const addInvite = (program: Command): void => {
  const invite = program.command("invite").description("Invites into the organisation");
  withExamples(invite.command("list"), "homeport invite list")
    .description("List the invites that are open")
    .option("--json", "print JSON")
    .action(async ({ json }: Flags) => {
      const { client } = connect();
      printList(await everyItem((at) => client.auth.invites.list(at)), json, {
        head: ["id", "to", "role", "teams", "by", "ends"],
        row: ({ id, email, role, teams, invitedBy, expiresAt }) => [
          id,
          email,
          role,
          teams.join(" "),
          invitedBy ?? "somebody who is gone",
          day(expiresAt),
        ],
        none: "No invite is open. Invite somebody with: homeport invite create",
      });
    });
  withExamples(
    invite.command("create <email>"),
    "homeport invite create ada@example.com --role developer",
    "homeport invite create ada@example.com --team backend --team ops",
  )
    .description("Invite somebody; the link is shown once and works for 7 days")
    .addOption(new Option("--role <role>", "their role in the organisation").choices(ROLES).default("member"))
    .option("--team <name...>", "the teams they will be in")
    .option("--json", "print JSON: {invite, link, mailed}")
    .action(async (email: string, { role, team = [], json }: Flags & { role: Role; team?: string[] }) => {
      printSent(await connect().client.auth.invites.create({ email, role, teams: team }), json);
    });
  withExamples(invite.command("resend <id>"), "homeport invite resend 0199f000-0000-7000-8000-000000000001")
    .description("Make a new link for an invite; the one before ends")
    .option("--json", "print JSON: {invite, link, mailed}")
    .action(async (id: string, { json }: Flags) => {
      printSent(await connect().client.auth.invites.resend({ invite: id }), json);
    });
  withExamples(invite.command("revoke <id>"), "homeport invite revoke 0199f000-0000-7000-8000-000000000001")
    .description("Revoke an invite")
    .option("--json", "print JSON")
    .action(async (id: string, { json }: Flags) => {
      printOne(await connect().client.auth.invites.revoke({ invite: id }), json, "Revoked.");
    });
};

/** The link stands alone on stdout. */
const printSent = (sent: Sent, json: boolean | undefined): void => {
  if (json === true) {
    printJson(sent);
    return;
  }
  const { email, role, expiresAt } = sent.invite;
  const how = sent.mailed ? "A mail with this link is on its way" : "No mail is sent: give them this link";
  note(`${email} may join as ${role} until ${day(expiresAt)}. ${how}.`);
  print(sent.link);
};
