import type { Sql } from "@homeport/kit/db/connect.ts";
import type { Jobs } from "@homeport/kit/jobs/jobs.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import { z } from "zod";
import type { Webhooks } from "../ports.ts";
import type { ReadSetting } from "../settings.ts";
import type { ApiTokens } from "./api-tokens.ts";
import { createAttempts } from "./attempts.ts";
import { type Confirmation, createConfirmation } from "./confirmation.ts";
import { TELL_DENIED, tellDenied } from "./denied-webhook.ts";
import { createDevices, type Devices } from "./devices.ts";
import type { Mails } from "./mails.ts";
import { type LinkMethod, magicLinkMethod, SEND_LINK } from "./methods/magic-link.ts";
import { type PasswordMethod, passwordMethod } from "./methods/password.ts";
import { createPasswords, type Passwords } from "./passwords.ts";
import { createSecondFactor, type SecondFactor } from "./second-factor.ts";
import type { Sessions } from "./sessions.ts";
import { createSignIn, type SignIn } from "./sign-in.ts";
import { createSignInRules, type SignInRules } from "./sign-in-rules.ts";

/** Everything about getting in. */
export type SignInUseCases = {
  password: PasswordMethod;
  link: LinkMethod;
  signIn: SignIn;
  factors: SecondFactor;
  passwords: Passwords;
  confirmation: Confirmation;
  rules: SignInRules;
  devices: Devices;
  /** Whether people without a second factor are led to set one up. */
  wantsSecondFactor: () => boolean;
};

export type SignInDeps = {
  appUrl: URL;
  keys: Keyring;
  jobs: Jobs;
  setting: ReadSetting;
  mails: Mails;
  sessions: Sessions;
  tokens: ApiTokens;
};

export const createSignInUseCases = (sql: Sql, deps: SignInDeps): SignInUseCases => {
  const { appUrl, keys, jobs, setting, mails, sessions, tokens } = deps;
  const attempts = createAttempts(sql);
  const factors = createSecondFactor(sql, { keys, attempts, mails, issuer: `Homeport ${appUrl.host}` });
  const passwords = createPasswords(sql, attempts, mails);
  return {
    password: passwordMethod(sql, setting, attempts),
    link: magicLinkMethod(sql, { setting, attempts, mails, jobs, appUrl }),
    signIn: createSignIn(sql, sessions, factors),
    factors,
    passwords,
    confirmation: createConfirmation(sql, passwords, factors),
    rules: createSignInRules(sql),
    devices: createDevices(sql, tokens, attempts, appUrl),
    wantsSecondFactor: () => setting("require-second-factor"),
  };
};

const AskedLink = z.object({ email: z.string().max(254), next: z.string().max(8192) });

/** What is done in the background for signing in; declared before the app's jobs start. */
export const declareSignInJobs = (
  sql: Sql,
  { jobs, setting }: SignInDeps,
  { link }: SignInUseCases,
  webhooks: Webhooks,
): void => {
  jobs.handle(SEND_LINK, AskedLink, ({ data }) => link.send(data));
  jobs.handle(TELL_DENIED, z.object({ deniedId: z.uuid() }), ({ data }) =>
    tellDenied(sql, webhooks, setting, data.deniedId),
  );
};

/** Removes what is over. */
export const tidySignIn = async ({ link, signIn, rules, devices }: SignInUseCases): Promise<void> => {
  await link.tidy();
  await signIn.tidy();
  await rules.tidy();
  await devices.tidy();
};
