import { ROLES, type Role } from "@homeport/kit/principal.ts";
import { type Command, Option } from "commander";
import { everyItem } from "../every-item.ts";
import { withExamples } from "../examples.ts";
import { type NewTokenFlags, newTokenOf, printNewToken, printTokens, withNewToken } from "../new-token.ts";
import { printList, printOne } from "../output.ts";
import { connect } from "../session.ts";

type Flags = { json?: boolean };
type AccountRole = Exclude<Role, "owner">;

/** Nobody owns anything through a service account. */
const ACCOUNT_ROLES = ROLES.filter((role): role is AccountRole => role !== "owner");

export const addServiceAccount = (program: Command): void => {
  const account = program
    .command("service-account")
    .description("Callers of the organisation's own, for CI and scripts: tokens that stay when a person goes");
  withExamples(account.command("list"), "homeport service-account list")
    .description("List the service accounts")
    .option("--json", "print JSON")
    .action(async ({ json }: Flags) => {
      const { client } = connect();
      printList(await everyItem((at) => client.auth.serviceAccounts.list(at)), json, {
        head: ["name", "role", "tokens", "project roles", "for"],
        row: ({ slug, role, tokenCount, grantCount, description }) => [
          slug,
          role,
          String(tokenCount),
          String(grantCount),
          description,
        ],
        none: "There are no service accounts. Make one with: homeport service-account create",
      });
    });
  withExamples(
    account.command("create <name>"),
    "homeport service-account create ci --description 'deploys from CI'",
    "homeport grant set --project shop --service-account ci --role deployer",
  )
    .description("Make a service account")
    .addOption(
      new Option("--role <role>", "in the organisation; a member has only what it is granted in projects")
        .choices(ACCOUNT_ROLES)
        .default("member"),
    )
    .option("--description <text>", "what it is for", "")
    .option("--json", "print JSON")
    .action(async (slug: string, { role, description, json }: Flags & { role: AccountRole; description: string }) => {
      const made = await connect().client.auth.serviceAccounts.create({ slug, role, description });
      printOne(made, json, `Made ${made.slug}. Next: homeport service-account token create ${made.slug} --name NAME`);
    });
  withExamples(account.command("remove <name>"), "homeport service-account remove ci")
    .description("Remove a service account; its tokens end")
    .option("--json", "print JSON")
    .action(async (slug: string, { json }: Flags) => {
      printOne(await connect().client.auth.serviceAccounts.remove({ account: slug }), json, `Removed ${slug}.`);
    });
  addTokens(account);
};

const addTokens = (account: Command): void => {
  const token = account.command("token").description("Tokens of a service account");
  withExamples(token.command("list <account>"), "homeport service-account token list ci")
    .description("List the tokens of a service account; none is shown whole")
    .option("--json", "print JSON")
    .action(async (slug: string, { json }: Flags) => {
      const { client } = connect();
      const { items } = await client.auth.serviceAccounts.tokens.list({ account: slug });
      await printTokens(
        client,
        items,
        json,
        `${slug} has no tokens. Make one with: homeport service-account token create ${slug}`,
      );
    });
  withExamples(
    withNewToken(token.command("create <account>")),
    "homeport service-account token create ci --name pipeline --project shop --expires-in-days 30 --quiet",
  )
    .description("Make a token of a service account; it is shown once")
    .action(async (slug: string, flags: NewTokenFlags) => {
      const made = connect().client.auth.serviceAccounts.tokens.create({ account: slug, ...newTokenOf(flags) });
      printNewToken(await made, flags);
    });
  withExamples(
    token.command("revoke <account> <id>"),
    "homeport service-account token revoke ci 0199f000-0000-7000-8000-000000000001",
  )
    .description("Revoke a token of a service account")
    .option("--json", "print JSON")
    .action(async (slug: string, id: string, { json }: Flags) => {
      const revoked = await connect().client.auth.serviceAccounts.tokens.revoke({ account: slug, token: id });
      printOne(revoked, json, "Revoked.");
    });
};
