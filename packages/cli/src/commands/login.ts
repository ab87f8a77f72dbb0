import { Secret } from "@homeport/kit/secret.ts";
import { type Client, clientError, createClient } from "@homeport/sdk";
import type { Command } from "commander";
import { readCliConfig } from "../config.ts";
import { signInByDevice } from "../device-login.ts";
import { withExamples } from "../examples.ts";
import { identify, tellIdentity } from "../identity.ts";
import { note, printOne } from "../output.ts";
import { anonymousClient, forgetLogin, type Login, optionsOf, readSavedLogin, saveLogin } from "../session.ts";
import { readStdin } from "../stdin.ts";
import { UsageError } from "../usage-error.ts";

type Flags = { url?: string; token?: string; json?: boolean };

export const addLogin = (program: Command): void => {
  withExamples(
    program.command("login"),
    "homeport login --url http://localhost:3000",
    "homeport login --url https://cloud.example.com --token - < token.txt",
  )
    .description("Sign in: by a code that you approve in a browser, here or on another machine, or with an API token")
    .option("--url <url>", "the platform's address; unless given, HOMEPORT_URL or the one of the last login")
    .option(
      "--token <token>",
      "an API token, of yours or of a service account; - reads it from standard input, which keeps it out of the history",
    )
    .option("--json", "print JSON")
    .action(login);
  withExamples(program.command("logout"), "homeport logout")
    .description("Forget the saved login and revoke its token, wherever else that is used; tokens made with it go on")
    .option("--json", "print JSON")
    .action(logout);
};

const login = async (flags: Flags): Promise<void> => {
  const url = parseUrl(flags.url ?? readCliConfig().url ?? readSavedLogin()?.url);
  const token = flags.token === undefined ? await waitForApproval(url) : await givenToken(flags.token);
  const made = { url, token };
  const identity = await identify(createClient(optionsOf(made)));
  const file = saveLogin(made);
  printOne({ url, ...identity }, flags.json, `Signed in to ${url} ${tellIdentity(identity)}.`);
  note(`Saved in ${file}.`);
};

/** @throws {UsageError} */
const parseUrl = (text: string | undefined): string => {
  if (text === undefined) throw new UsageError("Say where: homeport login --url http://localhost:3000");
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(`--url must be like http://localhost:3000, not ${text}.`);
  return url.origin;
};

const givenToken = async (given: string): Promise<Secret> => {
  const token = (given === "-" ? await readStdin("--token -") : given).trim();
  if (token === "") throw new UsageError("The token is empty.");
  return new Secret(token);
};

const waitForApproval = async (url: string): Promise<Secret> => {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.once("SIGINT", stop);
  try {
    return await signInByDevice(anonymousClient(url), stopping.signal);
  } finally {
    process.removeListener("SIGINT", stop);
  }
};

const logout = async ({ json }: { json?: boolean }): Promise<void> => {
  const saved = readSavedLogin();
  const revoked = saved !== null && (await revoke(saved));
  forgetLogin();
  if (saved !== null && !revoked) note("Its token could not be revoked from here: it works until it expires.");
  printOne({ revoked }, json, saved === null ? "There was no saved login." : "Signed out.");
};

/** Whether the token has ended. What stands in the way keeps nobody signed in on this machine. */
const revoke = async (saved: Login): Promise<boolean> => {
  const client = createClient(optionsOf(saved));
  try {
    const id = await findTokenId(client, saved.token);
    if (id === null) return false;
    await client.auth.tokens.revoke({ token: id, keepMade: true });
    return true;
  } catch (err) {
    return clientError(err).code === "unauthenticated"; // it had ended before
  }
};

/** Null when it is not among the person's own, or when another one begins the same. */
const findTokenId = async (client: Client, token: Secret): Promise<string | null> => {
  const { items } = await client.auth.tokens.list({});
  const [found, ...others] = items.filter(({ hint }) => token.reveal().startsWith(hint.replace(/…$/, "")));
  return found === undefined || others.length > 0 ? null : found.id;
};
