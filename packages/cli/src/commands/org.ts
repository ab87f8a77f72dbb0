import type { Command } from "commander";
import { everyItem } from "../every-item.ts";
import { withExamples } from "../examples.ts";
import { note, printList, printOne } from "../output.ts";
import { connect } from "../session.ts";
import { needsNamed } from "../unnamed.ts";

type Flags = { json?: boolean };

export const addOrganisation = (program: Command): void => {
  const org = program
    .command("org")
    .description("Organisations; a token belongs to one, so to work in another, sign in there")
    .addHelpText(
      "after",
      "\nThere is no switching: a token works in the organisation that it was made in. To work in another one, choose it in the\nbrowser, then: homeport login",
    );
  withExamples(org.command("list"), "homeport org list")
    .description("List the organisations that you belong to")
    .option("--json", "print JSON")
    .action(async ({ json }: Flags) => {
      const { client } = connect();
      printList(await everyItem((at) => client.auth.organisations.list(at)), json, {
        head: ["slug", "name", "your role", ""],
        row: ({ slug, name, role, current }) => [slug, name, role, current ? "this login" : ""],
        none: "You belong to no organisation.",
      });
    });
  withExamples(org.command("show"), "homeport org show")
    .description("Show the organisation of this login")
    .option("--json", "print JSON")
    .action(async ({ json }: Flags) => {
      const found = await connect().client.auth.organisations.get({});
      const { slug, name, memberCount, projectCount } = found;
      printOne(found, json, `${slug} (${name}), members: ${memberCount}, projects: ${projectCount}`);
    });
  withExamples(org.command("create <slug>"), "homeport org create acme --name 'Acme Ltd.'")
    .description("Make an organisation that you own")
    .option("--name <text>", "what people read; the slug unless given")
    .option("--json", "print JSON")
    .action(async (slug: string, { name, json }: Flags & { name?: string }) => {
      const named = name === undefined ? {} : { name };
      const made = await connect().client.auth.organisations.create({ slug, ...named });
      printOne(made, json, `Made ${made.slug}.`);
      note("This login stays where it is: to work there, choose it in the browser, then: homeport login");
    });
  withExamples(org.command("rename <name>"), "homeport org rename 'Acme Ltd.'")
    .description("Give the organisation of this login another name; its slug stays")
    .option("--json", "print JSON")
    .action(async (name: string, { json }: Flags) => {
      const renamed = await connect().client.auth.organisations.update({ name });
      printOne(renamed, json, `${renamed.slug} is called ${renamed.name}.`);
    });
  withExamples(org.command("remove <slug>"), "homeport org remove acme")
    .description(
      "Remove the organisation of this login once it has no projects; its slug is asked so that it is no slip",
    )
    .option("--json", "print JSON")
    .addHelpText("after", needsNamed("organisation:remove"))
    .action(async (slug: string, { json }: Flags) => {
      const removed = await connect().client.auth.organisations.remove({ confirm: slug });
      printOne(removed, json, `Removed ${slug}.`);
      if (removed.withoutOrganisation > 0) {
        note(`${removed.withoutOrganisation} people belong to no organisation now: they need an invite to sign in.`);
      }
    });
};
