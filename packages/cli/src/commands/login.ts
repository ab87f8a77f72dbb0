import { Secret } from "@homeport/kit/secret.ts";
import { createClient } from "@homeport/sdk";
import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { note, print } from "../output.ts";
import { forgetLogin, optionsOf, saveLogin } from "../session.ts";
import { UsageError } from "../usage-error.ts";

export const addLogin = (program: Command): void => {
  withExamples(
    program.command("login"),
    "homeport login --url http://localhost:3000 --token hp_…",
    "homeport login --url https://cloud.example.com < token.txt",
  )
    .description("Sign in with an API token from the account page")
    .requiredOption("--url <url>", "the platform's address, for example http://localhost:3000")
    .option(
      "--token <token>",
      "the API token; read from standard input when it is not given, so that it stays out of the history",
    )
    .action(async ({ url, token }: { url: string; token?: string }) => {
      const login = { url: parseUrl(url), token: new Secret((token ?? (await readToken())).trim()) };
      const me = await createClient(optionsOf(login)).auth.me({});
      const file = saveLogin(login);
      print(`Signed in to ${login.url} as ${me.person.email}, ${me.role} of ${me.organisation.slug}.`);
      note(`Saved in ${file}.`);
    });
  withExamples(program.command("logout"), "homeport logout")
    .description("Forget the saved login; the token itself stays valid until you revoke it")
    .action(() => forgetLogin());
};

const parseUrl = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(`--url must be like http://localhost:3000, not ${text}.`);
  return url.origin;
};

const readToken = async (): Promise<string> => {
  if (process.stdin.isTTY) throw new UsageError("Give the token with --token, or on standard input.");
  return await new Response(Bun.stdin.stream()).text();
};
