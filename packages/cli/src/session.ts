import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { Secret } from "@homeport/kit/secret.ts";
import { type Client, type ClientOptions, createClient } from "@homeport/sdk";
import { z } from "zod";
import { readCliConfig } from "./config.ts";
import { UsageError } from "./usage-error.ts";

const Saved = z.object({ url: z.url(), token: z.string().min(1) });

/** Which platform to talk to, and as whom. */
export type Login = { url: string; token: Secret };

const SIGN_IN = "You are not signed in. Use: homeport login --url URL";

const fileOf = (configDir: string | null): string =>
  join(configDir ?? join(homedir(), ".config"), "homeport", "login.json");

/** HOMEPORT_URL with HOMEPORT_TOKEN, else what `homeport login` saved. @throws {UsageError} */
export const readLogin = (): Login => {
  const config = readCliConfig();
  if (config.url !== null && config.token !== null) return { url: config.url, token: config.token };
  if (config.url !== null || config.token !== null) {
    throw new UsageError("Set both HOMEPORT_URL and HOMEPORT_TOKEN, or neither and use: homeport login");
  }
  const saved = readSavedLogin();
  if (saved === null) throw new UsageError(SIGN_IN);
  return saved;
};

/** What `homeport login` saved, whatever the environment says; null when there is nothing that can be read. */
export const readSavedLogin = (): Login | null => {
  try {
    const saved = Saved.parse(JSON.parse(readFileSync(fileOf(readCliConfig().configDir), "utf8")));
    return { url: saved.url, token: new Secret(saved.token) };
  } catch {
    return null;
  }
};

/** Saves a login where only the owner can read it. */
export const saveLogin = ({ url, token }: Login): string => {
  const file = fileOf(readCliConfig().configDir);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${JSON.stringify({ url, token: token.reveal() })}\n`, { mode: 0o600 });
  chmodSync(file, 0o600); // the mode above holds for new files only
  return file;
};

export const forgetLogin = (): void => rmSync(fileOf(readCliConfig().configDir), { force: true });

/** For what anybody may ask. */
export const anonymousClient = (url: string): Client => createClient({ url, token: () => "" });

export const optionsOf = ({ url, token }: Login): ClientOptions => ({ url, token: () => token.reveal() });

export const connect = (): { client: Client; options: ClientOptions } => {
  const options = optionsOf(readLogin());
  return { client: createClient(options), options };
};
