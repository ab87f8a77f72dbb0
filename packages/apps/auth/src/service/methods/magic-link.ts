import type { Sql } from "@homeport/kit/db/connect.ts";
import type { Jobs } from "@homeport/kit/jobs/jobs.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import { safeNext } from "../../next-path.ts";
import type { SignInMethod } from "../../ports.ts";
import type { ReadSetting } from "../../settings.ts";
import { judge } from "../../sign-in-judgement.ts";
import {
  LINK_WINDOW_MS,
  linkAccountSubject,
  linkAddressSubject,
  MAX_LINKS,
  MAX_LINKS_PER_ACCOUNT,
} from "../../sign-in-limit.ts";
import { signInLink } from "../../sign-in-mails.ts";
import { findMagicLink, insertMagicLink, removeEndedMagicLinks, spendMagicLink } from "../../store/magic-links.ts";
import { findSignInPerson, type SignInPerson } from "../../store/sign-in-people.ts";
import { allRules } from "../../store/sign-in-rules.ts";
import { hashToken, newOpaqueToken } from "../../token.ts";
import { type Attempts, tooMany } from "../attempts.ts";
import type { Mails } from "../mails.ts";
import { isUnprovedAdmin } from "../register.ts";

/** A link works this long, and once. */
const LINK_MS = 15 * 60_000;

/** The job that sends the mail, or none: who asked has the answer by then, and cannot tell by the time it took. */
export const SEND_LINK = "link.send";

export type AskedLink = { email: string; next: string };

export type LinkMethod = SignInMethod<{ email: string; next?: string | undefined }, void, { token: Secret }> & {
  /** Sends the link to who has an account, or gets one by a rule; to others nothing. */
  send(asked: AskedLink): Promise<void>;
  /** What a link is for, without using it up: scanners of mail follow links. Null when it does not work (any more). */
  find(token: Secret): Promise<(AskedLink & { person: SignInPerson | null }) | null>;
  tidy(): Promise<void>;
};

export const magicLinkMethod = (
  sql: Sql,
  deps: { setting: ReadSetting; attempts: Attempts; mails: Mails; jobs: Jobs; appUrl: URL },
): LinkMethod => {
  const { setting, attempts, mails, jobs, appUrl } = deps;
  const isOn = () => setting("link-sign-in") && mails.isSetUp();

  const mayHaveLink = async (email: string): Promise<boolean> => {
    const person = await findSignInPerson(sql, { email });
    if (person !== null) return !isUnprovedAdmin(person);
    const { allowed, registers } = judge(await allRules(sql), email);
    return allowed && registers !== null;
  };

  return {
    id: "link",
    label: "Link by mail",
    kind: "mail",
    isOn,

    async begin({ email, next }, client) {
      const wait = await attempts.count(linkAddressSubject(client.address), MAX_LINKS, LINK_WINDOW_MS);
      if (wait !== null) throw tooMany("mails were asked for from here", wait);
      await jobs.enqueue(sql, SEND_LINK, { email, next: safeNext(next) });
    },

    async send({ email, next }) {
      if (!isOn()) return;
      // Of an address that got enough of them nobody is told: it would say that somebody asks for that account.
      if ((await attempts.count(linkAccountSubject(email), MAX_LINKS_PER_ACCOUNT, LINK_WINDOW_MS)) !== null) return;
      if (!(await mayHaveLink(email))) return;
      const token = newOpaqueToken();
      const link = new URL(`/sign-in/by-link?token=${token.reveal()}`, appUrl).href;
      await sql.begin(async (tx) => {
        const expiresAt = new Date(Date.now() + LINK_MS);
        await insertMagicLink(tx, { tokenHash: hashToken(token), email, next, expiresAt });
        await mails.enqueue(tx, { to: email, ...signInLink(link, appUrl.host) });
      });
    },

    async find(token) {
      const asked = await findMagicLink(sql, hashToken(token));
      return asked === null ? null : { ...asked, person: await findSignInPerson(sql, { email: asked.email }) };
    },

    async complete({ token }) {
      if (!isOn()) return null;
      const email = await spendMagicLink(sql, hashToken(token));
      return email === null ? null : { method: "link", email, personId: null, emailVerified: true };
    },

    tidy: () => removeEndedMagicLinks(sql),
  };
};
