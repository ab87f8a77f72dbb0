import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import {
  DEPLOYING_TOKEN,
  type NewTokenFlags,
  newTokenOf,
  printNewToken,
  printTokens,
  withNewToken,
} from "../new-token.ts";
import { printOne } from "../output.ts";
import { connect } from "../session.ts";

type Flags = { json?: boolean };

export const addToken = (program: Command): void => {
  const token = program.command("token").description("Your API tokens: each is you, narrowed to its scopes");
  withExamples(token.command("list"), "homeport token list")
    .description("List your tokens in this organisation; none is shown whole")
    .option("--json", "print JSON")
    .action(async ({ json }: Flags) => {
      const { client } = connect();
      const { items } = await client.auth.tokens.list({});
      await printTokens(client, items, json, "You have no tokens here. Make one with: homeport token create");
    });
  withExamples(
    withNewToken(token.command("create")),
    "homeport token create --name laptop",
    DEPLOYING_TOKEN,
    'export HOMEPORT_TOKEN="$(homeport token create --name once --expires-in-days 1 --quiet)"',
  )
    .description("Make a token; it is shown once")
    .action(async (flags: NewTokenFlags) => {
      printNewToken(await connect().client.auth.tokens.create(newTokenOf(flags)), flags);
    });
  withExamples(token.command("revoke <id>"), "homeport token revoke 0199f000-0000-7000-8000-000000000001")
    .description("Revoke a token; whoever uses it is refused from now on")
    .option("--json", "print JSON")
    .action(async (id: string, { json }: Flags) => {
      printOne(
        await connect().client.auth.tokens.revoke({ token: id }),
        json,
        "Revoked, with the tokens that were made with it.",
      );
    });
};
